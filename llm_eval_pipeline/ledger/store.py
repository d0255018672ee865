"""The ledger's table: append-only, content-addressed, durable before anything uses it.

SQLite in WAL mode with full synchronisation: when ``append`` returns, the rows survive a crash. Several processes
may append at once; whoever comes second with a key that has an answer is ignored, so a finished call is never
replaced.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from llm_eval_pipeline.clients.chat import ChatResponse, TokenUsage
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.replays import Replays

_METADATA = sa.MetaData()
CALLS = sa.Table(
    "calls",
    _METADATA,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("provider", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False, index=True),
    sa.Column("feature", sa.Text, nullable=False),
    sa.Column("repetition", sa.Integer, nullable=False),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("response", sa.LargeBinary, nullable=False),
    sa.Column("called_at", sa.Text, nullable=False),
    sa.Column("called_late", sa.Boolean, nullable=False),
    sa.Column("cost_usd", sa.Text),
)
FAILURES = sa.Table(
    "failures",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("key", sa.String(64), nullable=False, index=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("error", sa.Text, nullable=False),
    sa.Column("called_at", sa.Text, nullable=False),
)
REPLAYS = sa.Table(
    "replays",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("asked_at", sa.Text, nullable=False),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("purpose", sa.Text, nullable=False),
    sa.Column("occasion", sa.Text, nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),
    sa.Column("saved_usd", sa.Text, nullable=False),
)
_LOOKUP_SIZE = 500
_INSERT: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why a call has no answer, and when it was made."""

    error: str
    called_at: datetime

    def answer(self, key: str, call: Call) -> Answer:
        """The answer of a call that is not made again."""
        return Answer(
            key=key,
            response=None,
            error=self.error,
            called_at=self.called_at,
            cost_usd=None,
            called_late=call.is_late(self.called_at),
            replayed=True,
        )


class Ledger:
    """The store of answers.

    Args:
        url: a SQLAlchemy URL, ``sqlite:///path/to/ledger.sqlite`` by default.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        engine = sa.create_engine(url)
        if engine.dialect.name == "sqlite":
            if engine.url.database:
                Path(engine.url.database).parent.mkdir(parents=True, exist_ok=True)
            sa.event.listen(engine, "connect", _prepare_sqlite)
        self._engine = engine
        _create_tables(engine)

    def lookup(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The answers that exist among ``keys``, by key, each marked as replayed."""
        found: dict[str, Answer] = {}
        wanted = list(dict.fromkeys(keys))
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _LOOKUP_SIZE):
                some = wanted[start : start + _LOOKUP_SIZE]
                for row in connection.execute(sa.select(CALLS).where(CALLS.c.key.in_(some))).mappings():
                    found[row["key"]] = _answer(dict(row))
        return found

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of ``keys`` that have an answer."""
        wanted = list(dict.fromkeys(keys))
        with self._engine.connect() as connection:
            return {
                key
                for start in range(0, len(wanted), _LOOKUP_SIZE)
                for (key,) in connection.execute(
                    sa.select(CALLS.c.key).where(CALLS.c.key.in_(wanted[start : start + _LOOKUP_SIZE]))
                )
            }

    def failures(self, keys: Iterable[str]) -> dict[str, Failure]:
        """The newest failure of each of ``keys`` that has one, by key, whether or not an answer came later."""
        found: dict[str, Failure] = {}
        wanted = list(dict.fromkeys(keys))
        with self._engine.connect() as connection:
            for start in range(0, len(wanted), _LOOKUP_SIZE):
                some = wanted[start : start + _LOOKUP_SIZE]
                query = sa.select(FAILURES).where(FAILURES.c.key.in_(some)).order_by(FAILURES.c.id)
                for row in connection.execute(query).mappings():
                    found[row["key"]] = Failure(error=row["error"], called_at=datetime.fromisoformat(row["called_at"]))
        return found

    def append(self, calls: Sequence[tuple[Call, Answer]]) -> dict[str, Answer]:
        """Make answers durable, all of them in one transaction; failures go to a table of their own.

        Returns:
            By key, the answers that stand. They are the given ones, but where another process was first.
        """
        answered = [_row(call, answer) for call, answer in calls if answer.response is not None]
        failed = [
            {
                "key": answer.key,
                "model": call.request.model,
                "purpose": call.purpose,
                "occasion": call.occasion,
                "label": call.label,
                "error": answer.error,
                "called_at": answer.called_at.isoformat(),
            }
            for call, answer in calls
            if answer.response is None
        ]
        with self._engine.begin() as connection:
            if answered:
                insert = _INSERT[self._engine.dialect.name](CALLS).on_conflict_do_nothing()
                new = connection.execute(insert, answered, execution_options={"preserve_rowcount": True}).rowcount
            if failed:
                connection.execute(sa.insert(FAILURES), failed)
        standing = {answer.key: answer for _, answer in calls}
        if answered and new < len(answered):
            standing |= self.lookup(row["key"] for row in answered)
        return standing

    def note(self, replays: Replays, at: datetime) -> None:
        """Keep how many calls were answered without asking, for :mod:`llm_eval_pipeline.ledger.look`."""
        rows = [
            {
                "asked_at": at.astimezone(UTC).isoformat(),
                "model": model,
                "purpose": purpose,
                "occasion": occasion,
                "calls": saved.calls,
                "saved_usd": str(saved.cost_usd),
            }
            for (model, purpose, occasion), saved in sorted(replays.saved.items())
        ]
        if rows:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(REPLAYS), rows)

    def count(self) -> int:
        """How many calls have an answer."""
        with self._engine.connect() as connection:
            return int(connection.execute(sa.select(sa.func.count()).select_from(CALLS)).scalar_one())

    def spending(
        self, occasions: Iterable[str] | None = None, *, also: tuple[str, datetime, datetime] | None = None
    ) -> Iterator[Mapping[str, Any]]:
        """One mapping per answered call: when, model, feature, purpose, usage and cost, in the order of calling.

        Args:
            occasions: those whose calls are told; all of them by default.
            also: (prefix, start, end) adds the calls of occasions that begin with the prefix, made from ``start`` on
                and before ``end``.
        """
        query = sa.select(
            CALLS.c.called_at, CALLS.c.model, CALLS.c.feature, CALLS.c.purpose, CALLS.c.response, CALLS.c.cost_usd
        ).order_by(CALLS.c.called_at, CALLS.c.key)
        if occasions is not None:
            wanted: sa.ColumnElement[bool] = CALLS.c.occasion.in_(list(occasions))
            if also is not None:
                prefix, start, end = also
                within = (
                    CALLS.c.occasion.startswith(prefix, autoescape=True)
                    & (CALLS.c.called_at >= start.astimezone(UTC).isoformat())
                    & (CALLS.c.called_at < end.astimezone(UTC).isoformat())
                )
                wanted = sa.or_(wanted, within)
            query = query.where(wanted)
        with self._engine.connect() as connection:
            for row in connection.execute(query).mappings():
                yield {
                    "called_at": datetime.fromisoformat(row["called_at"]),
                    "model": row["model"],
                    "feature": row["feature"],
                    "purpose": row["purpose"],
                    "usage": _response(row["response"]).usage,
                    "cost_usd": None if row["cost_usd"] is None else Decimal(row["cost_usd"]),
                }

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()


def _create_tables(engine: sa.Engine) -> None:
    """Create what is not there yet; ``create_all`` looks first, and fails when another process creates meanwhile."""
    with engine.begin() as connection:
        for table in _METADATA.sorted_tables:
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


def _row(call: Call, answer: Answer) -> dict[str, Any]:
    request, response = call.request, answer.response
    assert response is not None
    return {
        "key": answer.key,
        "provider": call.provider,
        "model": request.model,
        "purpose": call.purpose,
        "occasion": call.occasion,
        "feature": call.feature,
        "repetition": call.repetition,
        "request": orjson.dumps(
            {"params": dict(request.params), "messages": [[m.role, m.content] for m in request.messages]}
        ),
        "response": orjson.dumps(response),
        "called_at": answer.called_at.astimezone(UTC).isoformat(),
        "called_late": answer.called_late,
        "cost_usd": None if answer.cost_usd is None else str(answer.cost_usd),
    }


def _response(stored: bytes) -> ChatResponse:
    fields = orjson.loads(stored)
    return ChatResponse(**{**fields, "usage": TokenUsage(**fields["usage"])})


def _answer(row: Mapping[str, Any]) -> Answer:
    return Answer(
        key=row["key"],
        response=_response(row["response"]),
        error=None,
        called_at=datetime.fromisoformat(row["called_at"]),
        cost_usd=None if row["cost_usd"] is None else Decimal(row["cost_usd"]),
        called_late=bool(row["called_late"]),
        replayed=True,
    )
