"""A span becomes a row: its own fields, what its convention says, and what it cost.

Belongs here: one span at a time. Does not belong here: anything that needs its trace (``traces.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import orjson

from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.production.conventions import BILLED_CALLS, Meaning, meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.schema import SCHEMA_VERSION
from llm_eval_pipeline.production.spans import BadSpanError, Span, Status
from llm_eval_pipeline.production.tokens import Tokens

Price = Callable[[str, BilledTokens, datetime], Decimal]
"""The price in USD of a call to a model at a time; it raises ``LookupError`` for a model without a price."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SMALLEST = Decimal("1e-12")


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
    status: Status = "error" if meaning.error else span.status
    cost = _cost(meaning, tokens, started_at, price)
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
        "body_digest": body_digest(span),
    }
    return row, called and cost is None and status != "error"


def body_digest(span: Span) -> str:
    """A digest of all that the span says, the same whichever encoding it came in."""
    body = (
        (span.parent_span_id, span.name, span.start_ns, span.end_ns, span.status, span.status_message),
        span.attributes,
        [(event.name, event.time_ns, event.attributes) for event in span.events],
    )
    return hashlib.blake2b(orjson.dumps(body, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def _cost(meaning: Meaning, tokens: Tokens, at: datetime, price: Price) -> Decimal | None:
    """What the call cost: at the model that answered, or where that has no price, at the one that was asked for."""
    billed = tokens.billed()
    if billed is None:
        return None
    for model in filter(None, dict.fromkeys((meaning.model_resolved, meaning.model_requested))):
        try:
            return price(model, billed, at).quantize(_SMALLEST)
        except LookupError:
            continue
    return None


def _documents(meaning: Meaning) -> list[dict[str, str | None]] | None:
    if meaning.documents is None:
        return None
    return [{"title": document.title, "content": document.content} for document in meaning.documents]
