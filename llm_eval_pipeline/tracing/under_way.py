"""A span of the kit while it is under way: what is known of it so far, and how it is written down when it ends."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from opentelemetry import context as otel
from opentelemetry import trace as otel_trace
from opentelemetry.trace import Span, Status, StatusCode

from llm_eval_pipeline.production.conventions.seam import BILLED_CALLS
from llm_eval_pipeline.tracing import captured, names
from llm_eval_pipeline.tracing.carried import with_carried
from llm_eval_pipeline.tracing.chunks import Chunks
from llm_eval_pipeline.tracing.usage import Answer, answer_of
from llm_eval_pipeline.tracing.written import Plan, answer_attributes, input_attributes, output_attributes

log = logging.getLogger(__name__)
_KEY = otel.create_key("llm_eval.under_way")


@dataclass(slots=True)
class UnderWay:
    """One span that has begun; ``context`` is what runs within it."""

    plan: Plan
    span: Span
    context: otel.Context
    began: float
    recorded: dict[str, Any] = field(default_factory=dict)
    """What the application said itself: it goes before what is picked up."""
    chunks: Chunks = field(default_factory=Chunks)
    first_chunk_s: float | None = None

    def note_chunk(self, chunk: Any) -> None:
        """Note a piece of an answer that comes in pieces."""
        if self.first_chunk_s is None:
            self.first_chunk_s = time.monotonic() - self.began
        with noting():
            self.chunks.add(chunk)

    def end(self, value: Any = None, error: BaseException | None = None, *, in_pieces: bool = False) -> None:
        """Write down what came of it, and end the span."""
        with noting():
            if in_pieces:
                value = self.chunks.whole() if value is None else value
            self.span.set_attributes(self._told(value, answer_of(value) or self.chunks.answer(), error, in_pieces))
            if error is not None:
                self.span.record_exception(error)
                self.span.set_status(Status(StatusCode.ERROR, captured.cut(f"{type(error).__name__}: {error}")))
        self.span.end()

    def _told(self, value: Any, answer: Answer | None, error: BaseException | None, in_pieces: bool) -> dict[str, Any]:
        operation = self._operation(answer)
        told: dict[str, Any] = {names.OPERATION: operation}
        if operation in BILLED_CALLS:
            if answer is not None:
                told |= answer_attributes(answer)
            if in_pieces and self.first_chunk_s is not None:
                told[names.FIRST_CHUNK_S] = self.first_chunk_s
        if error is not None:
            told[names.ERROR_TYPE] = type(error).__name__
        elif self.plan.outputs and value is not None:
            told |= output_attributes(operation, value, answer)
        told |= self.recorded
        if operation not in BILLED_CALLS and any(name.startswith(names.USAGE) for name in told):
            log.warning(
                "tracing: tokens of %s are left out: only a call of a model has any; give it kind='chat' or no kind",
                self.plan.name,
            )
            told = {name: each for name, each in told.items() if not name.startswith(names.USAGE)}
        return told

    def _operation(self, answer: Answer | None) -> str:
        """The kind that was given, or what it turned out to be: a call when tokens are told, else a chain."""
        if self.plan.kind is not None:
            return names.KINDS[self.plan.kind]
        if answer is not None:
            return answer.operation
        return "chat" if names.INPUT_TOKENS in self.recorded else "chain"


def begin(tracer: otel_trace.Tracer, plan: Plan, given: Mapping[str, Any], context: otel.Context) -> UnderWay:
    """Begin a span in a context."""
    context = with_carried(context, {names.FEATURE: plan.feature})
    told: dict[str, Any] = {names.OPERATION: names.KINDS[plan.kind or "chain"]}
    with noting():
        told |= input_attributes(plan, given)
    span = tracer.start_span(plan.name, context, attributes=told)
    made = UnderWay(plan, span, context, time.monotonic())
    made.context = otel.set_value(_KEY, made, otel_trace.set_span_in_context(span, context))
    return made


def innermost() -> UnderWay | None:
    """The kit's innermost span that is under way here."""
    found = otel.get_value(_KEY)
    return found if isinstance(found, UnderWay) else None


@contextmanager
def noting() -> Iterator[None]:
    """Whatever an application's own values do when they are looked at, the application goes on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - a property or a serialiser of the application may raise anything
        log.warning("tracing: a value could not be noted: %s", type(error).__name__)
