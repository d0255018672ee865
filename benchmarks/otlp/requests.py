"""Export requests as an application sends them: calls of a model, each span with some 1.5 KB of text."""

from __future__ import annotations

import itertools
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

_PROMPT = '[{"role":"user","parts":[{"type":"text","content":"' + "What does the warranty cover? " * 30 + '"}]}]'
_ANSWER = '[{"role":"assistant","parts":[{"type":"text","content":"' + "Two years, parts and work. " * 15 + '"}]}]'
_TEXTS = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-4o-mini",
    "gen_ai.input.messages": _PROMPT,
    "gen_ai.output.messages": _ANSWER,
    "llm_eval.feature": "support",
}
_NUMBERS = {"gen_ai.usage.input_tokens": 310, "gen_ai.usage.output_tokens": 95}
_number = itertools.count(1)


def request(spans: int) -> bytes:
    """A request of so many spans, each with ids of its own."""
    made, now = ExportTraceServiceRequest(), time.time_ns()
    group = made.resource_spans.add().scope_spans.add()
    for number in itertools.islice(_number, spans):
        span = group.spans.add(
            trace_id=number.to_bytes(16, "big"),
            span_id=number.to_bytes(8, "big"),
            name="chat gpt-4o-mini",
            start_time_unix_nano=now - 1_200_000_000,
            end_time_unix_nano=now,
        )
        for key, text in _TEXTS.items():
            span.attributes.add(key=key).value.string_value = text
        for key, value in _NUMBERS.items():
            span.attributes.add(key=key).value.int_value = value
    return bytes(made.SerializeToString())
