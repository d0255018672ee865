"""A span becomes a row: its own fields, what its convention says, and what it cost.

Belongs here: one span at a time. Does not belong here: anything that needs its trace (``traces.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol, runtime_checkable

from llm_eval_pipeline.costs.prices import Price, Rates, cost_of
from llm_eval_pipeline.production.conventions import BILLED_CALLS, Meaning, meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.schema import SCHEMA_VERSION
from llm_eval_pipeline.production.spans import BadSpanError, Span, Status
from llm_eval_pipeline.production.tokens import Tokens


@runtime_checkable
class Rated(Protocol):
    """A price that also tells by which rates it counts, for many calls at once."""

    def rates(self, model: str, day: date) -> Rates | None:
        """The rates of a model on a day; None where a price depends on the amount. Raises ``LookupError`` for none."""
        ...


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TOO_DEAR = 1_000_000  # what the column has no room for


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where a span was read from."""

    source: str
    file: str
    arrived_at: datetime
    latest: datetime
    """A span that starts later than this comes from a clock that is wrong."""


def span_row(span: Span, line: int, part: int, origin: Origin, price: Price) -> tuple[dict[str, Any], bool]:
    """The row of a span, and whether it is a call that should have a price and has none.

    Raises:
        BadSpanError: when an attribute makes no sense, or the span starts in the future.
    """
    started_at = _EPOCH + timedelta(microseconds=span.start_ns // 1000)
    if started_at > origin.latest:
        raise BadSpanError(f"start time {started_at.isoformat()} is after the file arrived: its clock is wrong")
    meaning = meaning_of(span)
    called = meaning.operation in BILLED_CALLS
    tokens = meaning.tokens if called else Tokens()
    billed = tokens.billed()
    status: Status = "error" if meaning.error else span.status
    cost = cost_of((meaning.model_resolved, meaning.model_requested), billed, started_at, price) if billed else None
    if cost is not None and cost >= _TOO_DEAR:
        raise BadSpanError(f"the call would cost {cost:.0f} USD: its token counts cannot be right")
    row = {
        "trace_id": span.trace_id,
        "span_id": span.span_id,
        "parent_span_id": span.parent_span_id,
        "name": span.name,
        "operation": meaning.operation,
        "started_at": started_at,
        "duration_ms": (span.end_ns - span.start_ns) / 1e6,
        "first_token_ms": meaning.first_token_ms,
        "status": status,
        "status_message": span.status_message or meaning.error,
        "finish_reason": meaning.finish_reason,
        "model_requested": meaning.model_requested,
        "model_resolved": meaning.model_resolved,
        **application_columns(span.attributes),
        **tokens.columns(),
        "cost_usd": cost,
        "input": meaning.input,
        "output": meaning.output,
        "input_messages": meaning.input_messages,
        "documents": _documents(meaning),
        "convention": meaning.convention,
        "source": origin.source,
        "source_file": origin.file,
        "arrived_at": origin.arrived_at,
        "schema_version": SCHEMA_VERSION,
        "day": span.day,
        "line": line,
        "part": part,
    }
    return row, called and cost is None and status != "error"


def _documents(meaning: Meaning) -> list[dict[str, str | None]] | None:
    if meaning.documents is None:
        return None
    return [{"title": document.title, "content": document.content} for document in meaning.documents]
