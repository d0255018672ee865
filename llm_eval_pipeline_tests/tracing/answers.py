"""Answers shaped as the APIs of OpenAI and Anthropic have them."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any


def openai_chat(text: str = "Two years.", *, cached: int = 40) -> dict[str, Any]:
    """100 tokens in, of which ``cached`` come from the cache; 20 out, of which 5 are reasoning."""
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "model": "gpt-4o-2024-08-06",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}],
        "usage": {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "prompt_tokens_details": {"cached_tokens": cached},
            "completion_tokens_details": {"reasoning_tokens": 5},
        },
    }


def anthropic_message(text: str = "Two years.") -> dict[str, Any]:
    """50 tokens in beside 40 that the cache served and 10 that it took; 20 out."""
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4-5-20250929",
        "content": [{"type": "text", "text": text}],
        "stop_reason": "end_turn",
        "usage": {
            "input_tokens": 50,
            "cache_read_input_tokens": 40,
            "cache_creation_input_tokens": 10,
            "output_tokens": 20,
        },
    }


def as_object(value: Any) -> Any:
    """The same with attributes in place of keys, as the vendors' clients have it."""
    if isinstance(value, dict):
        return SimpleNamespace(**{name: as_object(each) for name, each in value.items()})
    return [as_object(each) for each in value] if isinstance(value, list) else value
