"""Langfuse's observations, under the names of attributes of its own OpenTelemetry SDK.

https://langfuse.com/docs/observability/features/observation-types. How tokens are counted is in ``langfuse_usage.py``.
"""

from __future__ import annotations

from llm_eval_pipeline.production.conventions.conversations import conversation, input_of, output_of
from llm_eval_pipeline.production.conventions.documents import documents
from llm_eval_pipeline.production.conventions.langfuse_usage import tokens_of
from llm_eval_pipeline.production.conventions.messages import as_json, question
from llm_eval_pipeline.production.conventions.seam import Meaning
from llm_eval_pipeline.production.conventions.values import object_of, parsed, text
from llm_eval_pipeline.production.instants import instant_ns
from llm_eval_pipeline.production.spans import Span

_PREFIX = "langfuse.observation."
TYPE = f"{_PREFIX}type"
INPUT = f"{_PREFIX}input"
OUTPUT = f"{_PREFIX}output"
MODEL = f"{_PREFIX}model.name"
USAGE = f"{_PREFIX}usage_details"
FIRST_TOKEN = f"{_PREFIX}completion_start_time"

_OPERATIONS = {
    "GENERATION": "chat",
    "EMBEDDING": "embeddings",
    "RETRIEVER": "retrieval",
    "TOOL": "execute_tool",
    "AGENT": "invoke_agent",
    "SPAN": None,
    "EVENT": None,
    "TRACE": None,
}


class Langfuse:
    """Spans with ``langfuse.observation.type``."""

    def recognises(self, span: Span) -> bool:
        """Whether the span was an observation or a trace."""
        return TYPE in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the observation says."""
        told = span.attributes
        kind = (text(told, TYPE) or "").upper()
        operation = _OPERATIONS.get(kind, kind.lower() or None)
        given, returned = parsed(told.get(INPUT)), parsed(told.get(OUTPUT))
        asked = conversation(given)
        failed = span.status == "error"
        model = text(told, MODEL)
        return Meaning(
            convention="langfuse",
            operation=operation,
            model_requested=model,
            model_resolved=None if failed else model,
            tokens=tokens_of(object_of(told.get(USAGE))),
            first_token_ms=_first_token_ms(span),
            input=question(asked) if asked else input_of(told.get(INPUT)),
            output=output_of(operation, returned, failed=failed),
            input_messages=as_json(asked),
            documents=documents(returned) if operation == "retrieval" else None,
        )


def _first_token_ms(span: Span) -> float | None:
    """The SDK writes the time as JSON, in quotes; the reader of exports as nanoseconds."""
    value = text(span.attributes, FIRST_TOKEN)
    if value is None:
        return None
    time_ns = int(value) if value.isdecimal() and len(value) < 20 else instant_ns(value.strip('"'), FIRST_TOKEN)
    return (time_ns - span.start_ns) / 1e6 if time_ns >= span.start_ns else None
