"""The spans of one call: the root that its user sees, and below it retrieval and generation."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from traffic import otlp, story
from traffic.calls import Call, calls_of, is_good

_FAILURES = {
    "timeout": "no answer within 30 s",
    "rate_limit": "429 Too Many Requests",
    "server_error": "503 Unavailable",
}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TIMEOUT_MS = 30_000.0


@lru_cache(maxsize=8)
def spans_of(day: date) -> tuple[otlp.SpanJson, ...]:
    """Every span that starts on a day, by the start of its trace."""
    return tuple(span for call in calls_of(day) for span in _spans(call))


def _spans(call: Call) -> list[otlp.SpanJson]:
    """Root, retrieval (of a question) and generation; children lie within the root."""
    asks = call.request.feature == "question_answering"
    retrieved_at = call.start + timedelta(milliseconds=1 + 3 * call.chance.uniform("overhead"))
    took = 12 + 30 * call.chance.uniform("retrieval") if asks else 0.0
    generated_at = retrieved_at + timedelta(milliseconds=took + 0.4)
    latency = _TIMEOUT_MS if call.failure == "timeout" else call.answer.response.latency_ms
    ended_at = generated_at + timedelta(milliseconds=latency)
    end = ended_at + timedelta(milliseconds=0.5 + 2 * call.chance.uniform("after"))
    spans = [_span(call, "pipeline", None, (call.start, end), _root(call))]
    if asks:
        times = retrieved_at, retrieved_at + timedelta(milliseconds=took)
        spans.append(_span(call, "retrieve", "pipeline", times, _retrieval(call)))
    spans.append(_span(call, "generate", "pipeline", (generated_at, ended_at), _generation(call)))
    return spans


def _span(
    call: Call, name: str, parent: str | None, times: tuple[datetime, datetime], values: dict[str, Any]
) -> otlp.SpanJson:
    occasion = call.chance.occasion
    failed = call.failure is not None and name != "retrieve"
    return {
        "traceId": _hex(16, occasion, "trace"),
        "spanId": _hex(8, occasion, name),
        **({"parentSpanId": _hex(8, occasion, parent)} if parent else {}),
        "name": name,
        "kind": {"pipeline": otlp.SERVER, "generate": otlp.CLIENT}.get(name, otlp.INTERNAL),
        "startTimeUnixNano": _nanoseconds(times[0]),
        "endTimeUnixNano": _nanoseconds(times[1]),
        "attributes": otlp.attributes(values | ({"error.type": call.failure} if failed else {})),
        "status": {"code": otlp.ERROR, "message": _FAILURES[call.failure or ""]} if failed else {"code": otlp.OK},
    }


def _root(call: Call) -> dict[str, Any]:
    session = int(call.chance.uniform("session") * max(1, story.traces_on(call.start.date()) // 2))
    return {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "larkspur-assistant",
        "session.id": _hex(6, story.SEED, call.start.date(), "session", session),
        "user.id": f"user-{int(call.chance.uniform('user') * 900) + 100}",
        "llm_eval.feature": call.request.feature,
        "llm_eval.prompt_version": call.version,
        "llm_eval.feedback_score": _feedback(call),
        "gen_ai.input.messages": otlp.messages("user", call.request.prompt),
        "gen_ai.output.messages": _output(call),
    }


def _retrieval(call: Call) -> dict[str, Any]:
    hits = call.answer.retrieved
    documents = [
        {
            "id": f"{hit.sentence.document}#{hit.sentence.place}",
            "title": hit.sentence.title,
            "content": hit.sentence.text,
            "score": round(hit.score, 3),
        }
        for hit in hits
    ]
    return {
        "gen_ai.operation.name": "retrieval",
        "gen_ai.data_source.id": "larkspur-help",
        "gen_ai.retrieval.query.text": call.request.prompt,
        "gen_ai.retrieval.documents": otlp.compact(documents),
    }


def _generation(call: Call) -> dict[str, Any]:
    response, ok = call.answer.response, call.failure is None
    instructions = otlp.compact([{"type": "text", "content": call.system}]) if call.system else None
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "sample",
        "gen_ai.request.model": call.model,
        "gen_ai.request.max_tokens": 512,
        "gen_ai.response.model": response.model_resolved if ok else None,
        "gen_ai.usage.input_tokens": response.usage.input_tokens if ok else None,
        "gen_ai.usage.cache_read.input_tokens": response.usage.cached_input_tokens if ok else None,
        "gen_ai.usage.output_tokens": response.usage.output_tokens if ok else None,
        "gen_ai.response.finish_reasons": [response.finish_reason] if ok else None,
        "llm_eval.feature": call.request.feature,
        "llm_eval.prompt_version": call.version,
        "gen_ai.system_instructions": instructions,
        "gen_ai.input.messages": otlp.messages("user", call.request.prompt),
        "gen_ai.output.messages": _output(call),
    }


def _output(call: Call) -> str | None:
    if call.failure is not None:
        return None
    return otlp.messages("assistant", call.answer.response.output, call.answer.response.finish_reason)


def _feedback(call: Call) -> float | None:
    if call.failure is not None or not call.chance.happens("feedback", story.FEEDBACK_SHARE):
        return None
    return 1.0 if call.chance.happens("liked", story.LIKED[is_good(call)]) else 0.0


def _hex(size: int, *parts: object) -> str:
    return hashlib.blake2b(json.dumps([str(p) for p in parts]).encode(), digest_size=size).hexdigest()


def _nanoseconds(at: datetime) -> str:
    return str((at - _EPOCH) // timedelta(microseconds=1) * 1000)
