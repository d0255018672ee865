"""The database below a ledger: opened so that what is committed survives a crash, with the ledger's tables in it."""

from __future__ import annotations

import re
import sqlite3
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from llm_eval_pipeline.ledger.tables import METADATA

_CREATING = 6_212_739
"""The number of the lock that one process holds on a server while it creates the tables."""


class LedgerError(Exception):
    """A ledger that cannot be had. The text names the address, without its password, and what to do."""


def open_engine(url: str) -> sa.Engine:
    """Connect, and create what is not there yet.

    Args:
        url: a SQLAlchemy URL.

    Raises:
        LedgerError: when the URL is none, or names a database that a ledger cannot be kept in.
    """
    try:
        engine = _engine(url)
        _create_tables(engine)
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ModuleNotFoundError, ValueError) as error:
        raise LedgerError(
            f"the ledger's address {_shown(url)} cannot be used ({type(error).__name__}): it is to be like "
            "sqlite:///path/to/ledger.sqlite, or postgresql+psycopg://user@host/database with the extra `postgres` "
            "installed (LLM_EVAL_LEDGER)"
        ) from None
    except sa.exc.OperationalError as error:
        raise LedgerError(f"the ledger at {_shown(url)} cannot be opened: {_without_secrets(error, url)}") from None
    return engine


def _engine(url: str) -> sa.Engine:
    # A server may have been started anew since the last call; a file has not.
    engine = sa.create_engine(url, pool_pre_ping=not url.startswith("sqlite"))
    if engine.dialect.name == "sqlite":
        if engine.url.database in (None, "", ":memory:"):
            raise LedgerError("a ledger in memory would forget what was paid for: name a file (LLM_EVAL_LEDGER)")
        Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
        sa.event.listen(engine, "connect", _prepare_sqlite)
    elif engine.dialect.name != "postgresql":
        raise LedgerError(f"a ledger is kept in sqlite or postgresql, not in {engine.dialect.name}")
    return engine


def _without_secrets(error: sa.exc.OperationalError, url: str) -> str:
    """What the database said, without what may be a part of a password, however the address was written."""
    said = str(error.orig)
    for part in re.split(r"[:@/?&=]+", url.partition("://")[2].rpartition("@")[0]):
        said = said.replace(part, "…") if part else said
    return said.strip()


def _shown(url: str) -> str:
    """An address without what may be a password."""
    return url.partition("://")[0] + "://…"


def _create_tables(engine: sa.Engine) -> None:
    """Create what is not there yet; ``create_all`` looks first, and fails when another process creates meanwhile."""
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_CREATING)))
        for table in METADATA.sorted_tables:
            connection.execute(CreateTable(table, if_not_exists=True))
            for index in sorted(table.indexes, key=lambda one: str(one.name)):
                connection.execute(CreateIndex(index, if_not_exists=True))


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 30000")
    _switch_to_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


def _switch_to_wal(cursor: sqlite3.Cursor) -> None:
    """The busy time-out does not cover the first switch, when several processes open a new ledger at once."""
    for last in (*[False] * 100, True):
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            if last:
                raise
            time.sleep(0.02)
