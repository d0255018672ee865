from __future__ import annotations

import gzip
import io
import random

import orjson
import pyarrow as pa
import pytest
from google.protobuf.internal.encoder import _VarintBytes
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llm_eval_pipeline.production.readers import OtlpJsonReader, OtlpProtobufReader
from llm_eval_pipeline.production.spans import BadSpanError, Span
from llm_eval_pipeline_tests.production.otlp import lines, request, span
from llm_eval_pipeline_tests.production.reading import read_by

JSON, PROTOBUF = OtlpJsonReader(), OtlpProtobufReader()


def read(data: bytes, name: str = "a.jsonl") -> tuple[list[Span], list[str]]:
    """Good spans, and the reasons of the others."""
    reader = JSON if JSON.accepts(name, b"") else PROTOBUF
    return read_by(reader, data, name)


def proto(*spans: dict) -> bytes:
    """The spans as one protobuf request, each in ``ResourceSpans`` of its own."""
    merged = ExportTraceServiceRequest()
    for each in spans:
        given = orjson.loads(orjson.dumps(request([each])))
        found = given["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
        ids = {key: bytes.fromhex(found.pop(key)) for key in ("traceId", "spanId", "parentSpanId") if key in found}
        one = ParseDict(given, ExportTraceServiceRequest())
        target = one.resource_spans[0].scope_spans[0].spans[0]
        target.trace_id, target.span_id = ids["traceId"], ids["spanId"]
        target.parent_span_id = ids.get("parentSpanId", b"")
        merged.MergeFrom(one)
    return merged.SerializeToString()


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json", "a.otlp.jsonl"])
def test_each_line_is_an_export(name: str) -> None:
    spans, reasons = read(lines([span("t", "a"), span("t", "b")], [span("u", "a")]), name)
    assert [each.name for each in spans] == ["a", "b", "a"]
    assert reasons == []


def test_a_json_file_may_be_one_export_over_many_lines() -> None:
    whole = orjson.dumps(request([span("t", "a"), span("t", "b")]), option=orjson.OPT_INDENT_2)
    assert [each.name for each in read(whole, "a.json")[0]] == ["a", "b"]
    assert [each.name for each in read(gzip.compress(whole), "a.json.gz")[0]] == ["a", "b"]


def test_what_stands_before_a_cut_in_gzip_is_read_and_the_rest_is_one_record() -> None:
    packed = gzip.compress(lines(*[[span(f"t{i}", "a")] for i in range(200)]))
    whole, _ = read(packed, "a.jsonl.gz")
    spans, reasons = read(packed[: len(packed) // 2], "a.jsonl.gz")
    assert len(whole) == 200
    assert 0 < len(spans) < 200
    assert reasons == ["gzip ends before its end mark: the file was cut or is still being written"]


def test_gzip_of_several_members_is_read_to_the_end() -> None:
    packed = gzip.compress(lines([span("t", "a")])) + gzip.compress(lines([span("t", "b")]))
    assert [each.name for each in read(packed, "a.jsonl.gz")[0]] == ["a", "b"]


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, codec="zstd", asbytes=True))


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.JSON.ZSTD"])
def test_zstd_is_read_like_plain_lines(name: str) -> None:
    packed = zstd(lines([span("t", "a")])) + zstd(lines([span("t", "b")]))
    spans, reasons = read(packed, name)
    assert ([each.name for each in spans], reasons) == (["a", "b"], [])


def test_protobuf_may_be_zstd() -> None:
    assert [each.name for each in read(zstd(proto(span("t", "a"))), "a.pb.zst")[0]] == ["a"]


def test_what_stands_before_a_cut_in_zstd_is_read_and_the_rest_is_one_record() -> None:
    noise = random.Random(1)
    whole = lines(*([span("t", f"{n}", text=noise.randbytes(2000).hex())] for n in range(400)))
    packed = zstd(whole)
    spans, reasons = read(packed[: len(packed) // 2], "a.jsonl.zst")
    assert 100 < len(spans) < 300
    assert [each.name for each in spans] == [f"{n}" for n in range(len(spans))]
    assert len(reasons) == 1
    assert "zstd is damaged, was cut, or is still being written" in reasons[0]


@pytest.mark.parametrize("name", ["a.jsonl.zst", "a.jsonl.gz", "a.pb.zst", "a.pb.gz"])
@pytest.mark.parametrize("data", [b"\x28\xb5\x2f\xfd" + b"\xff" * 100, b"\x1f\x8b\x08" + b"\xff" * 100, b"plain"])
def test_what_is_not_packed_as_its_name_says_is_one_record_that_shows_it(name: str, data: bytes) -> None:
    reader = JSON if JSON.accepts(name, b"") else PROTOBUF
    (record,) = reader.records(io.BytesIO(data), name)
    assert (record.raw(), record.size()) == (data, len(data))
    with pytest.raises(BadSpanError, match="is damaged"):
        record.span()


def test_a_line_over_the_limit_is_passed_over() -> None:
    reader = OtlpJsonReader(max_line=2000)
    records = list(reader.records(io.BytesIO(lines(b"x" * 5000, [span("t", "a")])), "a.jsonl"))
    with pytest.raises(BadSpanError, match="5000 bytes"):
        records[0].span()
    assert records[0].size() == 5000
    assert records[1].span().name == "a"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"traceId": "abc"}, "traceId must be 32 hexadecimal digits"),
        ({"traceId": "0" * 32}, "all zeros"),
        ({"spanId": None}, "spanId is missing"),
        ({"endTimeUnixNano": "1600000000000000000"}, "before start time"),
        ({"startTimeUnixNano": "NaN"}, "no whole number of nanoseconds"),
        ({"startTimeUnixNano": 1.5e300}, "out of range"),
        ({"startTimeUnixNano": "1700000000"}, "before the year 2000"),
        ({"status": {"code": 7}}, "status code"),
        ({"status": "ok"}, "status must be an object"),
        ({"attributes": [{"key": "a", "value": {"intValue": "9" * 30}}]}, "intValue is no number"),
        ({"attributes": [{"key": "a", "value": {"mapValue": {}}}]}, "no AnyValue"),
        ({"attributes": {"a": 1}}, "attributes must be a list"),
        ({"name": 7}, "must be text"),
        ({"events": [7]}, "an event must be an object"),
    ],
)
def test_a_span_that_makes_no_sense_says_why_and_its_neighbours_are_read(change: dict, reason: str) -> None:
    spans, reasons = read(lines([span("t", "a"), span("t", "bad") | change, span("t", "b")]))
    assert [each.name for each in spans] == ["a", "b"]
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize(
    "line",
    [
        b'{"resourceSpans": [{"scopeSpans"',
        b"\xff\xfe not text",
        b"[1, 2]",
        b'{"resourceLogs": []}',
        b'{"resourceSpans": 5}',
        b'{"resourceSpans": [5]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": {"a": 1}}]}]}',
        b'{"resourceSpans": [{"scopeSpans": [7]}]}',
        b'{"resourceSpans": [{"scopeSpans": [{"spans": [null]}]}]}',
        b"[" * 2000,
        b'{"resourceSpans": [{"scopeSpans": ' + b"[" * 500 + b"]" * 500 + b"}]}",
    ],
)
def test_a_line_that_is_no_export_is_one_record(line: bytes) -> None:
    spans, reasons = read(lines([span("t", "a")], line, [span("t", "b")]))
    assert [each.name for each in spans] == ["a", "b"]
    assert len(reasons) == 1


def test_ten_thousand_attributes_and_deep_values() -> None:
    many = span("t", "a", **{f"key{i}": i for i in range(10_000)})
    assert len(read(lines([many]))[0][0].attributes) == 10_000
    value = b'{"arrayValue": {"values": [' * 200 + b'{"stringValue": "x"}' + b"]}}" * 200
    deep = lines([span("t", "a", marked="here")]).replace(b'{"stringValue":"here"}', value)
    _, reasons = read(deep)
    assert "at most 32 deep" in reasons[0]


def test_protobuf_says_what_json_says() -> None:
    given = [
        span("t", "a", llm_eval__feature="f", some__list=["x", 1], flag=True, share=0.5),
        span("t", "b", parent="a", gen_ai__usage__input_tokens=7),
    ]
    as_json, _ = read(lines(given))
    as_protobuf, reasons = read(proto(*given), "a.pb")
    assert reasons == []
    assert as_json == as_protobuf
    assert as_protobuf[1].parent_span_id == as_json[0].span_id


@pytest.mark.parametrize("framing", ["varint", "fixed"])
def test_protobuf_requests_behind_their_lengths(framing: str) -> None:
    messages = [proto(span("t", "a"), span("t", "b")), proto(span("u", "a"))]
    heads = [_VarintBytes(len(m)) if framing == "varint" else len(m).to_bytes(4) for m in messages]
    data = b"".join(head + message for head, message in zip(heads, messages, strict=True))
    assert len(read(data, "a.otlp")[0]) == 3
    assert len(read(gzip.compress(data), "a.otlp.gz")[0]) == 3
    spans, reasons = read(data[:-5], "a.otlp")
    assert len(spans) == 2
    assert "cut" in reasons[0]


def test_a_cut_protobuf_file_loses_only_its_last_resource() -> None:
    data = proto(span("t", "a"), span("t", "b"), span("t", "c"))
    spans, reasons = read(data[:-5], "a.pb")
    assert [each.name for each in spans] == ["a", "b"]
    assert len(reasons) == 1


@pytest.mark.parametrize("data", [b"\x0a\x05hello", b"no protobuf at all", b"\xff" * 40, b"\x00" * 7])
def test_bytes_that_are_no_protobuf_are_quarantined(data: bytes) -> None:
    spans, reasons = read(data, "a.pb")
    assert spans == []
    assert reasons


def test_an_empty_file_holds_nothing() -> None:
    for name in ("a.jsonl", "a.json", "a.pb", "a.jsonl.gz"):
        assert read(b"", name) == ([], [])
