"""How the replay server words its answers: OpenAI's completion, Anthropic's message, and the streams of both.

A token is four characters, the last one begun counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

CHARACTERS_PER_TOKEN = 4


def completion(body: Mapping[str, Any], output: str) -> dict[str, Any]:
    """The reply to ``body`` as OpenAI's API gives it."""
    asked, answered = tokens(*(message["content"] for message in body["messages"])), tokens(output)
    return {
        "id": "chatcmpl-replayed",
        "object": "chat.completion",
        "created": 0,
        "model": body["model"],
        "choices": [{"index": 0, "message": {"role": "assistant", "content": output}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked, "completion_tokens": answered, "total_tokens": asked + answered},
        "system_fingerprint": "fp_replayed",
    }


def completion_events(body: Mapping[str, Any], output: str) -> Iterator[bytes]:
    """The same as a stream: the role, a word a piece, why it ended, the usage when it was asked for, the end."""
    whole = completion(body, output)
    head = {name: whole[name] for name in ("id", "created", "model", "system_fingerprint")}
    deltas = [{"role": "assistant", "content": ""}, *({"content": word} for word in words(output)), {}]
    for place, delta in enumerate(deltas):
        reason = "stop" if place == len(deltas) - 1 else None
        choice = {"index": 0, "delta": delta, "finish_reason": reason}
        yield event(head | {"object": "chat.completion.chunk", "choices": [choice], "usage": None})
    if body.get("stream_options", {}).get("include_usage"):
        yield event(head | {"object": "chat.completion.chunk", "choices": [], "usage": whole["usage"]})
    yield b"data: [DONE]\n\n"


def message(body: Mapping[str, Any], output: str) -> dict[str, Any]:
    """The reply to ``body`` as Anthropic's API gives it, without anything cached."""
    return {
        "id": "msg_replayed",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": [{"type": "text", "text": output}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": tokens(body.get("system", ""), *(one["content"] for one in body["messages"])),
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": tokens(output),
        },
    }


def message_events(body: Mapping[str, Any], output: str) -> Iterator[bytes]:
    """The same as a stream: the output's tokens are counted at its end alone."""
    whole = message(body, output)
    begun = whole | {"content": [], "stop_reason": None, "usage": whole["usage"] | {"output_tokens": 1}}
    yield named("message_start", message=begun)
    yield named("content_block_start", index=0, content_block={"type": "text", "text": ""})
    yield named("ping")
    for word in words(output):
        yield named("content_block_delta", index=0, delta={"type": "text_delta", "text": word})
    yield named("content_block_stop", index=0)
    ended = {"stop_reason": "end_turn", "stop_sequence": None}
    yield named("message_delta", delta=ended, usage={"output_tokens": whole["usage"]["output_tokens"]})
    yield named("message_stop")


FORMATS = {
    "/v1/chat/completions": (completion, completion_events),
    "/v1/messages": (message, message_events),
}


def event(data: Mapping[str, Any]) -> bytes:
    """One server-sent event without a name."""
    return b"data: " + orjson.dumps(data) + b"\n\n"


def named(name: str, **data: Any) -> bytes:
    """One server-sent event with its name, which its data repeat."""
    return b"event: " + name.encode() + b"\n" + event({"type": name, **data})


def words(output: str) -> list[str]:
    """The output cut after each space."""
    return [word for word in output.replace(" ", " \0").split("\0") if word]


def tokens(*texts: str) -> int:
    """How many tokens these texts are together."""
    return -(-sum(map(len, texts)) // CHARACTERS_PER_TOKEN)
