"""The process's one tracer provider, and the one place that all its spans pass.

OpenTelemetry lets a process set a provider once; so ours stays, and what is behind it is exchanged.
"""

from __future__ import annotations

import os
from functools import cache
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace as otel_trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, Tracer, TracerProvider

from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.calls import Calls
from llm_eval_pipeline.tracing.carried import carried
from llm_eval_pipeline.tracing.nesting import context_here, is_langchain, note
from llm_eval_pipeline.tracing.pipeline import Pipeline

_MOST_ATTRIBUTES = 10_000  # OpenInference writes each field of each message as one; past the limit the first ones go


class Hub(SpanProcessor):
    """Gives each span what its context carries, sees which are model calls, and passes it on."""

    def __init__(self) -> None:
        self.pipeline: Pipeline | None = None
        self._calls = Calls()

    def on_start(self, span: Span, parent_context: otel.Context | None = None) -> None:
        """Note the span, and give it what it is to carry."""
        span.set_attributes(dict(self._calls.began(span, carried(parent_context))))
        note(span, self._calls)

    def context_here(self) -> otel.Context:
        """The context that a span which begins here belongs to."""
        return context_here(self._calls)

    def on_end(self, span: ReadableSpan) -> None:
        """Pass the span on."""
        told = self._calls.ended(span)
        if self.pipeline is not None:
            self.pipeline.put(told)

    def forked(self) -> None:
        """Begin anew in a forked process; what waits is its parent's to send."""
        self._calls = Calls()
        if self.pipeline is not None:
            self.pipeline = self.pipeline.again()

    def shutdown(self) -> None:
        """Send what waits; called when the process ends."""
        pipeline, self.pipeline = self.pipeline, None
        if pipeline is not None:
            pipeline.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Whether all that waits was sent within the time."""
        return self.pipeline is None or self.pipeline.flush(timeout_millis / 1000)


HUB = Hub()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=HUB.forked)


class _Tracer(Tracer):
    """Begins spans within what is under way here, where that is not the current span."""

    def start_span(self, name: str, context: otel.Context | None = None, *args: Any, **kwargs: Any) -> otel_trace.Span:
        # OpenInference calls this with a proxy as self, for which super() is not to be relied on.
        return Tracer.start_span(self, name, HUB.context_here() if context is None else context, *args, **kwargs)


class _Provider(TracerProvider):
    def get_tracer(self, instrumenting_module_name: str, *args: Any, **kwargs: Any) -> otel_trace.Tracer:
        made = super().get_tracer(instrumenting_module_name, *args, **kwargs)
        if type(made) is Tracer and not is_langchain(instrumenting_module_name):
            made.__class__ = _Tracer  # the SDK has no other way to choose the class
        return made


@cache
def provider() -> TracerProvider:
    """The provider. It is the process's too, unless the application has set one of its own."""
    limit = int(os.environ.get("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") or _MOST_ATTRIBUTES)
    made = _Provider(resource=Resource.create(), span_limits=SpanLimits(max_span_attributes=limit))
    made.add_span_processor(HUB)
    if isinstance(otel_trace.get_tracer_provider(), otel_trace.ProxyTracerProvider):
        otel_trace.set_tracer_provider(made)
    return made


def tracer() -> otel_trace.Tracer | None:
    """The kit's tracer, or None before ``init``."""
    if HUB.pipeline is None:
        return None
    return provider().get_tracer(names.SCOPE, schema_url=names.SCHEMA_URL)
