"""OTLP/JSON as an application sends it: requests of 100 spans, traces of four, after the GenAI conventions."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

DAY = "2026-03-30"
PER_REQUEST = 100
_START = int(datetime.fromisoformat(DAY).replace(tzinfo=UTC).timestamp()) * 1_000_000_000
_TALK = (
    "the a of to order refund policy item days return within please could you tell me about my account status it was "
    "shipped delivered yesterday and is not here yet what can I do the support team will answer in two working days"
)


def write(path: Path, spans: int, seed: int = 1) -> None:
    """So many spans of one day as lines, some 1.5 KB each; the same seed writes the same bytes."""
    draw = random.Random(seed)
    with path.open("wb") as file:
        for first in range(0, spans, PER_REQUEST):
            several = [_span(draw, number) for number in range(first, min(first + PER_REQUEST, spans))]
            file.write(orjson.dumps(_request(several)) + b"\n")


def _request(spans: list[dict[str, Any]]) -> dict[str, Any]:
    resource = {"attributes": [_pair("service.name", "shop"), _pair("telemetry.sdk.language", "python")]}
    scope = {"name": "opentelemetry.instrumentation.openai_v2", "version": "2.1b0"}
    group = {"scope": scope, "spans": spans, "schemaUrl": "https://opentelemetry.io/schemas/1.37.0"}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [group]}]}


def _span(draw: random.Random, number: int) -> dict[str, Any]:
    trace, place = divmod(number, 4)
    start = _START + trace * 1_500_000 + place * 1000
    made = {
        "traceId": f"{trace * 2654435761 % 2**64 + 1:032x}",
        "spanId": f"{number + 1:016x}",
        "name": "chat gpt-4o-mini" if place else "pipeline",
        "kind": 3,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + draw.randrange(50_000_000, 5_000_000_000)),
        "attributes": [_pair(key, value) for key, value in _attributes(draw, trace, place).items()],
        "status": {"code": 1} if place else {},
    }
    if place:
        made["parentSpanId"] = f"{trace * 4 + 1:016x}"
    return made


def _attributes(draw: random.Random, trace: int, place: int) -> dict[str, Any]:
    asked = _messages("user", _words(draw, 18))
    tokens = draw.randrange(100, 2000)
    return {
        "gen_ai.operation.name": "chat" if place else "invoke_agent",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.response.model": "gpt-4o-mini-2024-07-18",
        "gen_ai.response.id": f"chatcmpl-{draw.getrandbits(96):024x}",
        "gen_ai.response.finish_reasons": ["stop"],
        "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": tokens,
        "gen_ai.usage.cache_read.input_tokens": tokens // 2,
        "gen_ai.usage.output_tokens": draw.randrange(20, 600),
        "gen_ai.conversation.id": f"session-{trace // 3}",
        "gen_ai.input.messages": asked,
        "gen_ai.output.messages": _messages("assistant", _words(draw, 15)),
        "server.address": "api.openai.com",
        "llm_eval.feature": ("search", "summaries", "support")[trace % 3],
        "llm_eval.prompt_version": "v7",
        "user.id": f"user-{trace % 5000}",
    }


def _messages(*roles_and_texts: str) -> str:
    pairs = zip(roles_and_texts[::2], roles_and_texts[1::2], strict=True)
    made = [{"role": role, "parts": [{"type": "text", "content": text}]} for role, text in pairs]
    return orjson.dumps(made).decode()


def _words(draw: random.Random, count: int) -> str:
    return " ".join(draw.choices(_TALK.split(), k=count))


def _pair(key: str, value: Any) -> dict[str, Any]:
    return {"key": key, "value": _any_value(value)}


def _any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_any_value(each) for each in value]}}
    return {"stringValue": value}
