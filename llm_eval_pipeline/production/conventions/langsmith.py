"""Runs of LangSmith's, under names of attributes that ``readers/langsmith/run.py`` gives them.

https://reference.langchain.com/python/langsmith/schemas/UsageMetadata — input tokens are the sum of all kinds, so they
include cached ones, and output tokens include reasoning.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.conversations import conversation, first_generation, input_of, output_of
from llm_eval_pipeline.production.conventions.documents import documents
from llm_eval_pipeline.production.conventions.messages import as_json, question
from llm_eval_pipeline.production.conventions.seam import Meaning
from llm_eval_pipeline.production.conventions.values import Attributes, count, parsed, text
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens, normalised

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
        metadata, invoked = _object(told.get("metadata")), _object(told.get(INVOCATION))
        asked = conversation(given)
        failed = span.status == "error"
        named = text(metadata, "ls_model_name") or text(invoked, "model", "model_name")
        return Meaning(
            convention="langsmith",
            operation=operation,
            model_requested=named,
            model_resolved=None if failed else _resolved(returned) or named,
            tokens=_tokens(_usage(metadata, returned), _object(told.get(USAGE))),
            first_token_ms=_first_token_ms(span),
            finish_reason=_finish_reason(returned),
            input=question(asked) if asked else input_of(told.get(INPUTS)),
            output=output_of(operation, returned, failed=failed),
            input_messages=as_json(asked),
            documents=documents(returned) if operation == "retrieval" else None,
        )


def _object(value: Any) -> dict[str, Any]:
    found = parsed(value)
    return found if isinstance(found, dict) else {}


def _usage(metadata: Attributes, returned: Any) -> Attributes:
    """``usage_metadata`` where the SDK keeps it: with the run, in its outputs, or in LangChain's message."""
    message = first_generation(returned).get("message")
    told = _object(message)
    places = (metadata, _object(returned), _object(told.get("kwargs")), told)
    return next((found for place in places if (found := _object(place.get("usage_metadata")))), {})


def _tokens(usage: Attributes, of_run: Attributes) -> Tokens:
    if not any(count(of_run, f"{kind}_tokens") for kind in ("prompt", "completion", "total")):
        of_run = {}  # LangSmith has zeros for a run whose tokens nobody told
    details = _details(usage.get("input_token_details") or of_run.get("prompt_token_details"))
    of_output = _details(usage.get("output_token_details") or of_run.get("completion_token_details"))
    return normalised(
        total_input=_either(count(usage, "input_tokens"), count(of_run, "prompt_tokens")),
        cache_read=_largest(count(details, "cache_read"), count(details, "cache_read_over_200k")),
        cache_write=_largest(count(details, "cache_creation", "cache_write"), _ephemeral(details)),
        total_output=_either(count(usage, "output_tokens"), count(of_run, "completion_tokens")),
        reasoning=count(of_output, "reasoning"),
    )


def _details(value: Any) -> dict[str, Any]:
    """Tokens by category; the API's second version has them under ``raw``."""
    found = _object(value)
    return _object(found.get("raw")) or found


def _either(first: int | None, second: int | None) -> int | None:
    return second if first is None else first


def _largest(*counts: int | None) -> int | None:
    """Names of one kind: wrappers give the same tokens under the general and under the narrower one."""
    return max((each for each in counts if each is not None), default=None)


def _ephemeral(details: Attributes) -> int | None:
    """What Anthropic writes into its cache for five minutes and for an hour."""
    written = [count(details, f"ephemeral_{time}_input_tokens") for time in ("5m", "1h")]
    known = [each for each in written if each is not None]
    return sum(known) if known else None


def _first_token_ms(span: Span) -> float | None:
    for event in span.events:
        if event.name == FIRST_TOKEN and event.time_ns is not None and event.time_ns >= span.start_ns:
            return (event.time_ns - span.start_ns) / 1e6
    return None


def _resolved(returned: Any) -> str | None:
    """The model that answered: an API's own name for it, or LangChain's."""
    found = _object(returned)
    message = _object(first_generation(found).get("message"))
    said = _object((_object(message.get("kwargs")) or message).get("response_metadata"))
    return (
        text(found, "model")
        or text(said, "model_name", "model")
        or text(_object(found.get("llm_output")), "model_name", "model")
    )


def _finish_reason(returned: Any) -> str | None:
    found = _object(returned)
    choices = found.get("choices")
    listed = choices if isinstance(choices, list) else []
    reasons = [text(each, "finish_reason") for each in listed if isinstance(each, dict)]
    generation = first_generation(found)
    message = _object(generation.get("message"))
    said = _object((_object(message.get("kwargs")) or message).get("response_metadata"))
    return (
        ",".join(filter(None, reasons))
        or text(_object(generation.get("generation_info")), "finish_reason")
        or text(said, "finish_reason", "stop_reason")
        or text(found, "stop_reason")
    )
