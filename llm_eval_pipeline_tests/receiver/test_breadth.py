from __future__ import annotations

import orjson
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llm_eval_pipeline.production.readers.framing import delimited
from llm_eval_pipeline.receiver.breadth import MOST
from llm_eval_pipeline.receiver.otlp_json import OtlpJson
from llm_eval_pipeline.receiver.otlp_protobuf import OtlpProtobuf
from llm_eval_pipeline.receiver.refusals import RefusedError
from llm_eval_pipeline_tests.receiver.running import protobuf


def within(*tags: int, of: bytes) -> bytes:
    """Bytes within a field of each tag, the outermost first."""
    for tag in reversed(tags):
        of = bytes([tag]) + delimited(of)
    return of


RESOURCE_SPANS, SCOPE_SPANS, SPANS, ATTRIBUTES, VALUE, ARRAY = 0x0A, 0x12, 0x12, 0x4A, 0x12, 0x2A


@pytest.mark.parametrize(
    ("around", "tag"),
    [
        ((), RESOURCE_SPANS),
        ((RESOURCE_SPANS,), SCOPE_SPANS),
        ((RESOURCE_SPANS, SCOPE_SPANS), SPANS),
        ((RESOURCE_SPANS, SCOPE_SPANS, SPANS), ATTRIBUTES),
        ((RESOURCE_SPANS, SCOPE_SPANS, SPANS, ATTRIBUTES, VALUE, ARRAY), 0x0A),
    ],
)
def test_a_million_empty_messages_are_too_many_wherever_they_stand(around: tuple[int, ...], tag: int) -> None:
    few, many = (within(*around, of=bytes([tag, 0]) * count) for count in (MOST - len(around), MOST + 1))
    OtlpProtobuf().decode(few)
    with pytest.raises(RefusedError, match="more than 1000000 pieces") as refused:
        OtlpProtobuf().decode(many)
    assert refused.value.status == 413


def test_json_of_millions_of_empty_lists_is_too_much() -> None:
    with pytest.raises(RefusedError, match="more than 1000000 pieces"):
        OtlpJson().decode(b'{"resourceSpans":[],"x":[' + b"[]," * 2 * MOST + b"[]]}")


def test_long_texts_and_numbers_of_all_kinds_are_passed_over() -> None:
    made = ExportTraceServiceRequest.FromString(protobuf("a", text="\n\0" * MOST))
    span = made.resource_spans[0].scope_spans[0].spans[0]
    span.flags, span.dropped_events_count = 7, 3
    span.attributes.add(key="double").value.double_value = 0.5
    assert OtlpProtobuf().decode(made.SerializeToString()).spans == 1
    body = orjson.dumps({"resourceSpans": [], "x": "y" * 3 * MOST})
    assert OtlpJson().decode(body).spans == 0


def test_a_large_body_that_is_cut_is_left_to_its_parser() -> None:
    for cut in (1, 5, 1000):
        with pytest.raises(RefusedError, match="no OTLP trace export"):
            OtlpProtobuf().decode(protobuf("a", text="x" * (1 << 21))[:-cut])
    with pytest.raises(RefusedError, match="no OTLP trace export"):
        OtlpProtobuf().decode(b"\xff" * (1 << 21))
