"""What a call cost, on its span, where its price is known. The pipeline prices each span itself when it reads it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache

from opentelemetry.sdk.trace import ReadableSpan

from llm_eval_pipeline.costs.prices import cost_of, price_book
from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.production.conventions import BILLED_CALLS, meaning_of
from llm_eval_pipeline.production.spans import BadSpanError, Scope, Span
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.spans import changed

log = logging.getLogger(__name__)
_NS = 1_000_000_000


def priced(span: ReadableSpan) -> ReadableSpan:
    """The span with ``llm_eval.cost_usd``, in USD, when it is a call whose tokens and price are known."""
    cost = _cost(span)
    if cost is None:
        return span
    return changed(span, attributes={**(span.attributes or {}), names.COST_USD: float(cost)})


def _cost(span: ReadableSpan) -> Decimal | None:
    try:
        meaning = meaning_of(_as_read(span))
    except BadSpanError:  # the pipeline will quarantine it, and say why
        return None
    billed = meaning.tokens.billed()
    if meaning.operation not in BILLED_CALLS or billed is None:
        return None
    at = datetime.fromtimestamp((span.start_time or 0) / _NS, UTC)
    price = _prices()
    if price is None:
        return None
    return cost_of((meaning.model_resolved, meaning.model_requested), billed, at, price)


@cache
def _prices() -> Callable[[str, BilledTokens, datetime], Decimal] | None:
    try:
        import genai_prices  # noqa: F401 - the price library behind the file, imported before the first span needs it

        return price_book(Settings.load().prices).price
    except (ImportError, OSError, ValueError) as error:
        log.warning("tracing: spans have no cost, since there are no prices: %s", error)
        return None


def _as_read(span: ReadableSpan) -> Span:
    """The span as the pipeline will read it: what it means is then the same here and there."""
    return Span(
        trace_id="",
        span_id="",
        parent_span_id=None,
        name=span.name,
        start_ns=span.start_time or 0,
        end_ns=span.end_time or 0,
        status="ok" if span.status.is_ok else "error",
        status_message=None,
        attributes=dict(span.attributes or {}),
        events=(),
        scope=Scope(span.instrumentation_scope.name if span.instrumentation_scope else ""),
    )
