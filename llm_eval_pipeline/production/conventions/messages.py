"""Conversations, however a source shapes them: a list of messages, each with a role and parts or content."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from llm_eval_pipeline.production.conventions.values import parsed
from llm_eval_pipeline.production.spans import BadSpanError

_TEXT_KEYS = (
    "content",
    "output",
    "answer",
    "text",
    "result",
    "response",
    "input",
    "question",
    "query",
    "prompt",
    "messages",
    "data",
    "kwargs",
    "message",
)
_DEEPEST = 8


def message_list(value: Any) -> list[dict[str, Any]]:
    """The messages in an attribute, which may be JSON text, one message, or text alone."""
    value = parsed(value)
    if isinstance(value, str):
        return [{"content": value}] if value else []
    if isinstance(value, dict):
        return [value]
    if not isinstance(value, list):
        return []
    return [each for each in map(parsed, value) if isinstance(each, dict)]


def text_of(message: dict[str, Any]) -> str | None:
    """The text of a message: its text parts, one below the other; tool calls and images have none."""
    parts = message.get("parts", message.get("content"))
    if isinstance(parts, str):
        return parts or None
    if not isinstance(parts, list):
        return None
    texts: list[Any] = []
    for part in parts:
        if isinstance(part, str):
            texts.append(part)
        elif isinstance(part, dict) and part.get("type", "text") in ("text", "input_text", "output_text"):
            texts.append(part.get("content", part.get("text")))
    return "\n".join(text for text in texts if isinstance(text, str) and text) or None


def question(messages: Sequence[dict[str, Any]]) -> str | None:
    """What was asked: the last message of the user, or the last of all when no message has a role."""
    asked = [each for each in messages if each.get("role") in ("user", "human")]
    if not asked and not any(each.get("role") for each in messages):
        asked = list(messages)
    return text_of(asked[-1]) if asked else None


def answer(messages: Sequence[dict[str, Any]]) -> str | None:
    """What was answered: the first message with text."""
    return next((text for text in map(text_of, messages) if text), None)


def as_json(messages: Sequence[dict[str, Any]], instructions: Any = None) -> str | None:
    """The conversation as JSON text, with instructions that were given apart as its first message."""
    told = [{"role": "system", "parts": parsed(instructions)}] if instructions else []
    try:
        return orjson.dumps([*told, *messages]).decode() if told or messages else None
    except orjson.JSONEncodeError as error:
        raise BadSpanError(f"the messages cannot be written as JSON: {error}") from error


def plain(value: Any, depth: int = 0) -> str | None:
    """The one text that a framework's input or output holds, or the value itself as text when none stands out."""
    found = parsed(value)
    if isinstance(found, str):
        return found or None
    if found is None or depth > _DEEPEST:
        return None
    if isinstance(found, list):
        return plain(found[-1], depth + 1) if found else None
    if isinstance(found, dict):
        for key in _TEXT_KEYS:
            if found.get(key) and (text := plain(found[key], depth + 1)):
                return text
    if depth:
        return None
    return value if isinstance(value, str) else as_json([value])
