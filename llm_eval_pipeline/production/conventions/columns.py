"""Rows of a table of one's own, after a mapping has said which column is which (``readers/columns``)."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.messages import as_json, message_list, plain, question
from llm_eval_pipeline.production.conventions.seam import Document, Meaning
from llm_eval_pipeline.production.conventions.values import count, parsed, text
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens, normalised

PREFIX = "column."
CACHED_APART = f"{PREFIX}cached_apart"
"""Whether the input's count leaves cached tokens out."""


class Columns:
    """Spans that were rows."""

    def recognises(self, span: Span) -> bool:
        """Whether a mapping made the span."""
        return CACHED_APART in span.attributes

    def read(self, span: Span) -> Meaning:
        """What the row says. A row with a model is a chat, unless it says what else it is."""
        told = {name.removeprefix(PREFIX): value for name, value in span.attributes.items() if name.startswith(PREFIX)}
        model = text(told, "model")
        given = told.get("input")
        asked = _conversation(given)
        return Meaning(
            convention="columns",
            operation=text(told, "operation") or ("chat" if model else None),
            model_requested=model,
            model_resolved=model if span.status != "error" else None,
            tokens=_tokens(told),
            finish_reason=text(told, "finish_reason"),
            input=question(asked) if asked else _text(given),
            output=_text(told.get("output")),
            input_messages=as_json(asked),
            documents=_documents(told.get("documents")),
        )


def _tokens(told: dict[str, Any]) -> Tokens:
    return normalised(
        total_input=count(told, "input_tokens"),
        cache_read=count(told, "cached_input_tokens"),
        cache_write=None,
        total_output=count(told, "output_tokens"),
        reasoning=None,
        cached_apart=told["cached_apart"],
    )


def _conversation(given: Any) -> list[dict[str, Any]]:
    """The messages, where the column holds some; a text is no conversation, whatever it begins with."""
    found = parsed(given)
    messages = message_list(found) if isinstance(found, list) else []
    return messages if messages and all("role" in each for each in messages) else []


def _text(value: Any) -> str | None:
    return (value or None) if isinstance(value, str) else plain(value)


def _documents(value: Any) -> tuple[Document, ...] | None:
    found = parsed(value)
    if found is None or found == "":
        return None
    each_one = [parsed(each) for each in found] if isinstance(found, list) else [found]
    return tuple(
        Document(text(each, "title", "name", "id"), text(each, "content", "text", "page_content"))
        if isinstance(each, dict)
        else Document(None, str(each))
        for each in each_one
    )
