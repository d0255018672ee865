"""Runs of LangSmith's, under names of attributes that ``readers/langsmith/run.py`` gives them."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions import langchain
from llm_eval_pipeline.production.conventions.api_shapes import finish_reason
from llm_eval_pipeline.production.conventions.conversations import conversation, input_of, output_of
from llm_eval_pipeline.production.conventions.documents import documents
from llm_eval_pipeline.production.conventions.messages import as_json, question
from llm_eval_pipeline.production.conventions.seam import Meaning
from llm_eval_pipeline.production.conventions.values import count, object_of, parsed, text
from llm_eval_pipeline.production.spans import Span

RUN_TYPE = "langsmith.run_type"
INPUTS = "langsmith.inputs"
OUTPUTS = "langsmith.outputs"
INVOCATION = "langsmith.invocation_params"
USAGE = "langsmith.usage"
FIRST_TOKEN = "langsmith.first_token"  # noqa: S105 - the name of an event

_OPERATIONS = {
    "llm": "chat",
    "embedding": "embeddings",
    "retriever": "retrieval",
    "tool": "execute_tool",
}


class LangSmith:
    """Spans with ``langsmith.run_type``."""

    def recognises(self, span: Span) -> bool:
        """Whether the span was a run."""
        return RUN_TYPE in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the run says."""
        told = span.attributes
        kind = (text(told, RUN_TYPE) or "").lower()
        operation = _OPERATIONS.get(kind, kind or None)
        given, returned = parsed(told.get(INPUTS)), parsed(told.get(OUTPUTS))
        metadata, invoked = object_of(told.get("metadata")), object_of(told.get(INVOCATION))
        reply = object_of(returned)
        asked = conversation(given)
        failed = span.status == "error"
        named = text(metadata, "ls_model_name") or text(invoked, "model", "model_name")
        return Meaning(
            convention="langsmith",
            operation=operation,
            model_requested=named,
            model_resolved=None if failed else text(reply, "model") or langchain.model_of(reply) or named,
            tokens=langchain.tokens(_counts(metadata, returned, object_of(told.get(USAGE)))),
            first_token_ms=_first_token_ms(span),
            finish_reason=langchain.finish_reason(reply) or finish_reason(reply),
            input=question(asked) if asked else input_of(told.get(INPUTS)),
            output=output_of(operation, returned, failed=failed),
            input_messages=as_json(asked),
            documents=documents(returned) if operation == "retrieval" else None,
        )


def _counts(metadata: dict[str, Any], returned: Any, of_run: dict[str, Any]) -> dict[str, Any]:
    """``usage_metadata`` where the SDK keeps it: with the run, in its outputs, or in LangChain's message.

    Beside it stand the counts of the run itself; LangSmith has zeros for a run whose tokens nobody told.
    """
    message = object_of(langchain.first_generation(returned).get("message"))
    places = (metadata, object_of(returned), object_of(message.get("kwargs")), message)
    usage = next((found for place in places if (found := object_of(place.get("usage_metadata")))), {})
    is_told = any(count(of_run, f"{kind}_tokens") for kind in ("prompt", "completion", "total"))
    return usage | (of_run if is_told else {})


def _first_token_ms(span: Span) -> float | None:
    for event in span.events:
        if event.name == FIRST_TOKEN and event.time_ns is not None and event.time_ns >= span.start_ns:
            return (event.time_ns - span.start_ns) / 1e6
    return None
