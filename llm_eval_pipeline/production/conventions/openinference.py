"""OpenInference, the convention of Arize's instrumentors for OpenAI, LangChain, LlamaIndex and others.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md — prompt tokens include cached ones.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.messages import answer, as_json, plain, question
from llm_eval_pipeline.production.conventions.seam import Document, Meaning
from llm_eval_pipeline.production.conventions.values import Attributes, count, indexed, parsed, text
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import normalised

_KIND = "openinference.span.kind"
_OPERATIONS = {
    "LLM": "chat",
    "EMBEDDING": "embeddings",
    "RETRIEVER": "retrieval",
    "TOOL": "execute_tool",
    "AGENT": "invoke_agent",
}
_STREAM_BEGAN = "First Token Stream Event"
_COUNT = "llm.token_count."


class OpenInference:
    """Spans with ``openinference.span.kind``."""

    def recognises(self, span: Span) -> bool:
        """Whether the span has the attribute that the convention requires of every span."""
        return _KIND in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the span says."""
        told = span.attributes
        kind = (text(told, _KIND) or "").upper()
        operation = _OPERATIONS.get(kind, kind.lower() or None)
        asked, answered = _messages(told, "llm.input_messages"), _messages(told, "llm.output_messages")
        parameters = parsed(told.get("llm.invocation_parameters"))
        requested = text(parameters, "model", "model_name") if isinstance(parameters, dict) else None
        named = text(told, "llm.model_name", "embedding.model_name")
        return Meaning(
            convention="openinference",
            operation=operation,
            model_requested=requested or named,
            model_resolved=named if span.status != "error" else None,
            tokens=normalised(
                total_input=count(told, f"{_COUNT}prompt"),
                cache_read=count(told, f"{_COUNT}prompt_details.cache_read"),
                cache_write=count(told, f"{_COUNT}prompt_details.cache_write"),
                total_output=count(told, f"{_COUNT}completion"),
                reasoning=count(told, f"{_COUNT}completion_details.reasoning"),
            ),
            first_token_ms=_first_token_ms(span),
            finish_reason=text(told, "llm.finish_reason"),
            input=question(asked) if asked else plain(told.get("input.value")),
            output=_output(span, kind, answered),
            input_messages=as_json(asked),
            documents=_documents(told) if operation == "retrieval" else None,
        )


def _output(span: Span, kind: str, answered: list[dict[str, Any]]) -> str | None:
    """The answer's text; what a retriever found is in ``documents``, and a failed call's empty reply is none."""
    if kind == "RETRIEVER" or (kind == "LLM" and span.status == "error"):
        return None
    return answer(answered) if answered else plain(span.attributes.get("output.value"))


def _messages(told: Attributes, prefix: str) -> list[dict[str, Any]]:
    """Messages from names such as ``<prefix>.0.message.content``; several contents become parts."""
    messages = []
    for found in indexed(told, prefix):
        parts = [each.get("message_content.text") for each in indexed(found, "message.contents")]
        content = text(found, "message.content") or [part for part in parts if part]
        messages.append({"role": text(found, "message.role"), "content": content})
    return messages


def _first_token_ms(span: Span) -> float | None:
    for event in span.events:
        if event.name == _STREAM_BEGAN and event.time_ns is not None and event.time_ns >= span.start_ns:
            return (event.time_ns - span.start_ns) / 1e6
    return None


def _documents(told: Attributes) -> tuple[Document, ...]:
    documents = []
    for found in indexed(told, "retrieval.documents"):
        metadata = parsed(found.get("document.metadata"))
        title = text(metadata, "title", "source") if isinstance(metadata, dict) else None
        documents.append(Document(title or text(found, "document.id"), text(found, "document.content")))
    return tuple(documents)
