"""OpenTelemetry's semantic conventions for generative AI, current names first, the older ones accepted.

https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/ — input tokens include cached ones there.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.emitters import counts_cached_apart
from llm_eval_pipeline.production.conventions.messages import answer, as_json, message_list, question
from llm_eval_pipeline.production.conventions.seam import Document, Meaning
from llm_eval_pipeline.production.conventions.values import Attributes, count, indexed, number, parsed, text
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens, normalised

_USAGE = "gen_ai.usage."
_CONTENT_EVENTS = {
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
}


class GenAI:
    """Spans with ``gen_ai.…`` attributes."""

    def recognises(self, span: Span) -> bool:
        """Whether any attribute is the convention's."""
        return any(name.startswith("gen_ai.") for name in span.attributes)

    def read(self, span: Span) -> Meaning:
        """What the span says; messages may stand in its attributes or in an event."""
        told: dict[str, Any] = {}
        for event in span.events:
            if event.name in _CONTENT_EVENTS:
                told |= event.attributes
        told |= span.attributes
        asked = _messages(told, "gen_ai.input.messages", "gen_ai.prompt")
        answered = _messages(told, "gen_ai.output.messages", "gen_ai.completion")
        version = span.scope.schema_url.rpartition("/")[2]
        seconds = number(told, "gen_ai.response.time_to_first_chunk")
        return Meaning(
            convention=f"gen_ai@{version}" if version else "gen_ai",
            operation=text(told, "gen_ai.operation.name", "llm.request.type") or ("chat" if answered else None),
            model_requested=text(told, "gen_ai.request.model"),
            model_resolved=text(told, "gen_ai.response.model"),
            tokens=_tokens(told, counts_cached_apart(span.scope)),
            first_token_ms=None if seconds is None else seconds * 1000,
            finish_reason=_finish_reason(told),
            error=text(told, "error.type"),
            input=question(asked),
            output=answer(answered),
            input_messages=_conversation(told, asked),
            documents=_documents(told.get("gen_ai.retrieval.documents")),
        )


def _tokens(told: Attributes, cached_apart: bool) -> Tokens:
    return normalised(
        total_input=count(told, f"{_USAGE}input_tokens", f"{_USAGE}prompt_tokens"),
        cache_read=count(told, f"{_USAGE}cache_read.input_tokens", f"{_USAGE}cache_read_input_tokens"),
        cache_write=count(told, f"{_USAGE}cache_creation.input_tokens", f"{_USAGE}cache_creation_input_tokens"),
        total_output=count(told, f"{_USAGE}output_tokens", f"{_USAGE}completion_tokens"),
        reasoning=count(told, f"{_USAGE}reasoning.output_tokens", f"{_USAGE}reasoning_tokens"),
        cached_apart=cached_apart,
    )


def _messages(told: Attributes, name: str, older: str) -> list[dict[str, Any]]:
    return message_list(told.get(name)) or message_list(told.get(older)) or indexed(told, older)


def _conversation(told: Attributes, asked: list[dict[str, Any]]) -> str | None:
    """The conversation as JSON: as it was sent, where that is a list of messages and nothing else belongs to it."""
    sent, instructions = told.get("gen_ai.input.messages"), told.get("gen_ai.system_instructions")
    if isinstance(sent, str) and asked and not instructions and parsed(sent) == asked:
        return sent
    return as_json(asked, instructions)


def _finish_reason(told: Attributes) -> str | None:
    reasons = parsed(told.get("gen_ai.response.finish_reasons"))
    if isinstance(reasons, list):
        return ",".join(str(reason) for reason in reasons) or None
    return reasons if isinstance(reasons, str) and reasons else None


def _documents(value: Any) -> tuple[Document, ...] | None:
    found = parsed(value)
    if not isinstance(found, list):
        return None
    return tuple(_document(each) for each in map(parsed, found))


def _document(found: Any) -> Document:
    if not isinstance(found, dict):
        return Document(None, found if isinstance(found, str) else None)
    return Document(text(found, "title", "name", "id"), text(found, "content", "text", "page_content"))
