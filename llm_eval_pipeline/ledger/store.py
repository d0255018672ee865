"""The ledger's table: append-only, content-addressed, durable before anything uses it.

SQLite in WAL mode with full synchronisation, or PostgreSQL where several machines share one ledger: when ``append``
returns, the rows survive a crash. Several processes may append at once; whoever comes second with a key that has an
answer is ignored, so a finished call is never replaced.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Literal

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from llm_eval_pipeline.clients.chat import ChatResponse, TokenUsage
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.engine import open_engine
from llm_eval_pipeline.ledger.replays import Replays
from llm_eval_pipeline.ledger.tables import CALLS, FAILURES, REPLAYS

_LOOKUP_SIZE = 500
_UNHELD = re.compile("[\x00\ud800-\udfff]")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Some calls of one day (``YYYY-MM-DD``, UTC): what they cost, or what replaying them saved; None is not known."""

    day: str
    model: str
    purpose: str
    kind: Literal["made", "failed", "replayed"]
    calls: int
    cost_usd: Decimal | None


class Ledger:
    """The store of answers.

    Args:
        url: a SQLAlchemy URL, such as ``sqlite:///path/to/ledger.sqlite`` or ``postgresql+psycopg://host/database``.

    Raises:
        LedgerError: see :func:`llm_eval_pipeline.ledger.engine.open_engine`.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._engine = open_engine(url)
        self._insert = _INSERT[self._engine.dialect.name](CALLS).on_conflict_do_nothing()

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
        answered.sort(key=lambda row: row["key"])  # in one order everywhere, so that no two writers wait for each other
        failed = [
            {
                "key": answer.key,
                "model": _text(call.request.model),
                "purpose": call.purpose,
                "occasion": _text(call.occasion),
                "label": _text(call.label),
                "error": None if answer.error is None else _text(answer.error),
                "called_at": answer.called_at.isoformat(),
            }
            for call, answer in calls
            if answer.response is None
        ]
        new = self._insert_all(answered, failed)
        standing = {answer.key: answer for _, answer in calls}
        if answered and new < len(answered):
            standing |= self.lookup(row["key"] for row in answered)
        return standing

    def _insert_all(self, answered: list[dict[str, Any]], failed: list[dict[str, Any]]) -> int:
        """One transaction; how many answers were new. A server that gave it up, as at a restart, is asked once more."""
        for last in (self._engine.dialect.name == "sqlite", True):
            try:
                with self._engine.begin() as connection:
                    new = 0
                    if answered:
                        options = {"preserve_rowcount": True}
                        new = connection.execute(self._insert, answered, execution_options=options).rowcount
                    if failed:
                        connection.execute(sa.insert(FAILURES), failed)
                    return new
            except sa.exc.OperationalError:
                if last:
                    raise
        raise AssertionError("the last attempt returns or raises")

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

    def tallies(self) -> Iterator[Tally]:
        """What was made, replayed and failed, in groups of one day, model, purpose and kind, in no order."""
        day = sa.func.substr(CALLS.c.called_at, 1, 10)
        made = sa.select(day, CALLS.c.model, CALLS.c.purpose, CALLS.c.cost_usd, sa.func.count()).group_by(
            day, CALLS.c.model, CALLS.c.purpose, CALLS.c.cost_usd
        )
        day = sa.func.substr(FAILURES.c.called_at, 1, 10)
        failed = sa.select(day, FAILURES.c.model, FAILURES.c.purpose, sa.func.count()).group_by(
            day, FAILURES.c.model, FAILURES.c.purpose
        )
        day = sa.func.substr(REPLAYS.c.asked_at, 1, 10)
        replayed = sa.select(day, REPLAYS.c.model, REPLAYS.c.purpose, REPLAYS.c.calls, REPLAYS.c.saved_usd)
        with self._engine.connect() as connection:
            for on, model, purpose, cost, calls in connection.execute(made):
                spent = None if cost is None else Decimal(cost) * calls
                yield Tally(day=on, model=model, purpose=purpose, kind="made", calls=calls, cost_usd=spent)
            for on, model, purpose, calls in connection.execute(failed):
                yield Tally(day=on, model=model, purpose=purpose, kind="failed", calls=calls, cost_usd=None)
            for on, model, purpose, calls, saved in connection.execute(replayed):
                yield Tally(day=on, model=model, purpose=purpose, kind="replayed", calls=calls, cost_usd=Decimal(saved))

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()


def _row(call: Call, answer: Answer) -> dict[str, Any]:
    request, response = call.request, answer.response
    assert response is not None
    return {
        "key": answer.key,
        "provider": _text(call.provider),
        "model": _text(request.model),
        "purpose": call.purpose,
        "occasion": _text(call.occasion),
        "feature": _text(call.feature),
        "repetition": call.repetition,
        "request": orjson.dumps(
            {"params": dict(request.params), "messages": [[m.role, m.content] for m in request.messages]}
        ),
        "response": orjson.dumps(response),
        "called_at": answer.called_at.astimezone(UTC).isoformat(),
        "called_late": answer.called_late,
        "cost_usd": None if answer.cost_usd is None else str(answer.cost_usd),
    }


def _text(text: str) -> str:
    """Text that any database can hold: PostgreSQL knows no NUL, and a lone surrogate is no character."""
    return _UNHELD.sub("\ufffd", text)


def _response(stored: bytes) -> ChatResponse:
    fields = orjson.loads(stored)
    return ChatResponse(**{**fields, "usage": fields["usage"] and TokenUsage(**fields["usage"])})


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
