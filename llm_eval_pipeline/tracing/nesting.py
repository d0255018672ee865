"""Spans within LangChain's: its instrumentor tells of runs without making them current, so what they call stood alone.

The last LangChain span that began in a context and is still open is the parent of what begins there, unless another
span has begun within it.
"""

from __future__ import annotations

from contextvars import ContextVar

from opentelemetry import context as otel
from opentelemetry import trace as otel_trace
from opentelemetry.sdk.trace import Span

from llm_eval_pipeline.tracing.calls import Calls

_LANGCHAIN = "openinference.instrumentation.langchain"
_BEGUN: ContextVar[tuple[Span, ...]] = ContextVar("llm_eval_langchain_spans", default=())


def is_langchain(module: str) -> bool:
    """Whether spans of this instrumentor are told without being made current."""
    return module.startswith(_LANGCHAIN)


def note(span: Span, calls: Calls) -> None:
    """Remember a LangChain span in the context where it begins, and forget those that have ended."""
    if span.instrumentation_scope is not None and is_langchain(span.instrumentation_scope.name):
        open_ones = [each for each in _BEGUN.get() if calls.is_open(each.get_span_context().span_id)]
        _BEGUN.set((*open_ones, span))


def context_here(calls: Calls) -> otel.Context:
    """The current context, with the innermost span that is under way here."""
    current = otel.get_current()
    here = otel_trace.get_current_span(current).get_span_context().span_id
    for span in reversed(_BEGUN.get()):
        identifier = span.get_span_context().span_id
        if calls.is_open(identifier):
            inside = not here or calls.is_below(identifier, here)
            return otel_trace.set_span_in_context(span, current) if inside else current
    return current
