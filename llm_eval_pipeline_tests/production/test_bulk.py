"""What is read many at once is what the reader and ``rows.py`` make of each span, to the last row and reason."""

from __future__ import annotations

import gzip
import io
import json
import os
import random
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.production.bulk.reading import tables
from llm_eval_pipeline.production.readers import OtlpJsonReader
from llm_eval_pipeline.production.readers.seam import Line, Record
from llm_eval_pipeline.production.records import Books, table_of
from llm_eval_pipeline.production.rows import Origin
from llm_eval_pipeline_tests.production.otlp import lines, span, trace

DATA = Path(__file__).parents[2] / "data"
CAPTURES = Path(os.environ.get("LLM_EVAL_SHARED_DATA", "/nowhere")) / "otlp"
SAMPLE = sorted((DATA / "sample_traces").glob("*.jsonl.gz"))[::20]
ARRIVED = datetime(2026, 12, 31, tzinfo=UTC)
ORIGIN = Origin(source="otlp", file="a.jsonl", arrived_at=ARRIVED, latest=ARRIVED)
READER = OtlpJsonReader(max_line=1 << 20)
PRICE = price_book(DATA / "prices.yaml")


class Watched(OtlpJsonReader):
    """The reader, which also notes the lines that it was asked to read by itself."""

    __slots__ = ()
    asked: ClassVar[list[int]] = []

    def of_line(self, line: Line) -> Iterator[Record]:
        self.asked.append(line.number)
        return super().of_line(line)


def both(data: bytes) -> tuple[pa.Table, Books]:
    """What the data holds, after showing that both ways say the same."""
    alone, together = Books(), Books()
    one = table_of(READER.records(io.BytesIO(data), "a.jsonl"), ORIGIN, PRICE, alone)
    several = pa.concat_tables(
        [one.schema.empty_table(), *tables(READER, io.BytesIO(data), "a.jsonl", ORIGIN, PRICE, together)]
    ).sort_by([("line", "ascending"), ("part", "ascending")])
    for mine, theirs in zip(several.to_pylist(), one.to_pylist(), strict=True):
        assert mine == theirs
    assert several.schema == one.schema
    together.quarantined.sort(key=lambda row: (row["line"], row["part"]))
    assert together == alone
    return one, alone


def left_to_the_reader(data: bytes) -> list[int]:
    """The lines of which some span was not ordinary."""
    Watched.asked.clear()
    list(tables(Watched(), io.BytesIO(data), "a.jsonl", ORIGIN, PRICE, Books()))
    return sorted(Watched.asked)


@pytest.mark.skipif(not CAPTURES.is_dir(), reason="LLM_EVAL_SHARED_DATA names no folder with captured spans")
@pytest.mark.parametrize("name", ["genai-openai-v2", "oi-langchain", "oi-openai"])
def test_captured_spans_are_the_same_both_ways(name: str) -> None:
    rows, _ = both((CAPTURES / f"{name}.otlp.jsonl").read_bytes())
    assert len(rows) in (52, 150)


@pytest.mark.parametrize("path", SAMPLE, ids=lambda path: path.name[:10])
def test_the_samples_traces_are_the_same_both_ways(path: Path) -> None:
    assert len(both(gzip.decompress(path.read_bytes()))[0]) > 50


def test_ordinary_spans_are_left_to_nobody() -> None:
    tokens = {"gen_ai__usage__cache_read__input_tokens": 3, "gen_ai__response__finish_reasons": ["stop", "length"]}
    usual = [span("t", "a"), span("t", "b", server__port=443, flag=True, share=0.5, error__type="timeout", **tokens)]
    assert left_to_the_reader(lines(usual, trace("t1"), trace("t2", llm_eval__feedback_score=1))) == []
    assert left_to_the_reader(lines(usual, [*usual, span("t", "c", metadata="{}")], usual)) == [2]


@pytest.mark.parametrize("numbers", [rb"intValue", rb"intValue|startTimeUnixNano|endTimeUnixNano", rb"endTimeUnixNano"])
def test_numbers_may_be_written_as_numbers(numbers: bytes) -> None:
    rows, _ = both(re.sub(rb'"(' + numbers + rb')":"(\d+)"', rb'"\1":\2', lines(trace("t1"), trace("t2"))))
    assert len(rows) == 4


def test_an_emitter_with_a_rule_of_its_own_is_left_to_the_reader() -> None:
    told = {"gen_ai__operation__name": "chat", "gen_ai__usage__input_tokens": 1012}
    call = span("t", "chat", **told, gen_ai__usage__cache_read__input_tokens=1000)
    data = lines([call]).replace(b'"app"', b'"opentelemetry.instrumentation.bedrock"') + lines(
        [call | {"spanId": "ab" * 8}]
    )
    rows, _ = both(data)
    assert rows["input_uncached_tokens"].to_pylist() == [1012, 12]
    assert left_to_the_reader(data) == [1]


NAMES = (
    *("gen_ai.operation.name", "gen_ai.request.model", "gen_ai.response.model", "llm.request.type", "error.type"),
    *("gen_ai.input.messages", "gen_ai.output.messages", "gen_ai.response.finish_reasons", "gen_ai.prompt"),
    *("gen_ai.usage.input_tokens", "gen_ai.usage.prompt_tokens", "gen_ai.usage.cache_read.input_tokens"),
    *("gen_ai.usage.output_tokens", "gen_ai.usage.reasoning.output_tokens", "gen_ai.response.time_to_first_chunk"),
    *("gen_ai.usage.cache_creation.input_tokens", "gen_ai.system_instructions", "gen_ai.retrieval.documents"),
    *("llm_eval.feature", "feature", "llm_eval.feedback_score", "session.id", "gen_ai.conversation.id", "user.id"),
    *("metadata", "openinference.span.kind", "mlflow.spanType", "weave.has_children", "other", "llm.model_name"),
)
TEXTS = st.sampled_from(
    ["", "chat", "embeddings", "gpt-4o-mini", "gpt-4o-mini-2024-07-18", "gemini-2.5-pro", "no-such-model", "all"]
) | st.text(max_size=6)
PARTS = st.one_of(
    st.builds(lambda text: {"type": "text", "content": text}, TEXTS),
    st.sampled_from(
        [
            *({"type": "text", "text": "x"}, {"content": "x"}, {"type": None, "content": "x"}, "x", None, {}),
            *({"type": "text", "content": None, "text": "x"}, {"type": "text", "content": ["x"]}),
            *(
                {"type": "tool_call", "id": "1", "name": "f", "arguments": {"a": 1}},
                {"type": "reasoning", "content": "x"},
            ),
        ]
    ),
)
MESSAGES = st.one_of(
    st.builds(
        lambda role, parts: {"role": role, "parts": parts},
        st.sampled_from(["user", "assistant", "system", "human", "", None]),
        st.lists(PARTS, max_size=3) | st.none() | TEXTS,
    ),
    st.builds(lambda role, text: {"role": role, "content": text}, st.sampled_from(["user", "assistant"]), TEXTS),
    st.sampled_from([{}, None, "x", {"parts": None, "content": "x"}, {"content": [{"type": "text", "text": "x"}]}, 1]),
)
CONVERSATIONS = st.builds(
    lambda messages, write: write(messages),
    st.lists(MESSAGES, max_size=4),
    st.sampled_from(
        [lambda found: orjson.dumps(found).decode(), json.dumps, lambda found: json.dumps(found, indent=1)]
    ),
)
ODD_JSON = st.sampled_from(
    [
        *("[NaN]", '[{"role": NaN}]', "[", '[{"role":"user","role":"system"}]', '[{"a":1}],"b":[]', '{"role":"user"}'),
        *(
            '[]}\n{"messages":[]',
            "text",
            '[{"role":"user","content":"\\ud800"}]',
            '[{"role":"user","content":"a\u0000"}]',
        ),
        *('[{"\\u0070arts":null,"content":"x"}]', '[{"role":"user","content":"\\u00e9"}]', " []", "[] ", "[[]]"),
    ]
)
VALUES = st.one_of(
    st.builds(lambda text: {"stringValue": text}, TEXTS | CONVERSATIONS | ODD_JSON),
    st.builds(
        lambda number: {"intValue": number}, st.integers(-3, 10).map(str) | st.integers(-(2**65), 2**65).map(str)
    ),
    st.builds(lambda number: {"doubleValue": number}, st.floats(allow_nan=False, allow_infinity=False)),
    st.sampled_from(
        [
            *(
                {"boolValue": True},
                {"intValue": 7},
                {},
                None,
                {"stringValue": None},
                {"stringValue": "a", "intValue": "1"},
            ),
            *({"intValue": " 7"}, {"intValue": "0x1f"}, {"intValue": "1_0"}, {"intValue": "+7"}, {"intValue": "007"}),
            *({"arrayValue": {"values": [{"stringValue": "stop"}, {"stringValue": ""}]}}, {"arrayValue": {}}),
            *({"arrayValue": {"values": [{"intValue": "1"}]}}, {"arrayValue": {"values": [{}]}}, {"intValue": "-0"}),
            *(
                {"arrayValue": {"values": [{"stringValue": "a"}, {"intValue": "1"}]}},
                {"bytesValue": "aGk="},
                {"other": 1},
            ),
            *({"kvlistValue": {"values": [{"key": "a", "value": {"stringValue": "b"}}]}}, {"doubleValue": "NaN"}, 7),
            *(
                {"arrayValue": {"values": [{"arrayValue": {"values": []}}]}},
                {"intValue": "9" * 30},
                {"intValue": "1e3"},
            ),
        ]
    ),
)
CHANGES = st.sampled_from(
    [
        *(
            {},
            {},
            {},
            {"traceId": "abc"},
            {"traceId": "0" * 32},
            {"traceId": "A" * 32},
            {"spanId": None},
            {"spanId": "g" * 16},
        ),
        *(
            {"parentSpanId": ""},
            {"parentSpanId": "0" * 16},
            {"parentSpanId": "ABCDEF0123456789"},
            {"parentSpanId": "x"},
        ),
        *({"endTimeUnixNano": "1600000000000000000"}, {"startTimeUnixNano": "NaN"}, {"startTimeUnixNano": 1.5e300}),
        *(
            {"startTimeUnixNano": "1700000000"},
            {"startTimeUnixNano": "99999999999999999999"},
            {"name": None},
            {"name": 7},
        ),
        *({"endTimeUnixNano": "4000000000000000000"}, {"startTimeUnixNano": "3999999999999999999"}, {"kind": "SERVER"}),
        *({"status": {"code": 2, "message": "no"}}, {"status": {"code": 7}}, {"status": {"code": "STATUS_CODE_OK"}}),
        *({"status": {}}, {"status": None}, {"status": "ok"}, {"status": {"code": 1, "message": ""}}, {"flags": 256}),
        *({"events": []}, {"events": [{"name": "exception"}]}, {"events": [7]}, {"links": [{"traceId": "1" * 32}]}),
        *({"unknown": {"a": [1]}}, {"attributes": None}, {"attributes": {"a": 1}}, {"droppedAttributesCount": 1}),
    ]
)


@st.composite
def spans(draw: st.DrawFn) -> Any:
    told = draw(st.lists(st.tuples(st.sampled_from(NAMES), VALUES), max_size=7))
    made = span("t", draw(st.sampled_from("abc")), ms=draw(st.sampled_from([0, 1.5, 1e6])))
    made["attributes"] = [{"key": key, "value": value} for key, value in told]
    return draw(st.sampled_from([made | draw(CHANGES)] * 12 + [None, 7]))


@settings(max_examples=400, deadline=None)
@given(st.lists(st.lists(spans(), max_size=4), max_size=4))
def test_spans_of_any_kind_are_the_same_both_ways(requests: list[list[Any]]) -> None:
    both(lines(*requests))


@settings(max_examples=400, deadline=None)
@given(st.lists(CONVERSATIONS | ODD_JSON, min_size=1, max_size=60))
def test_conversations_of_any_kind_are_the_same_both_ways(said: list[str]) -> None:
    both(lines([span("t", str(place), gen_ai__input__messages=each, gen_ai__output__messages=each)
                for place, each in enumerate(said)]))  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_lines_with_any_damage_are_the_same_both_ways(data: st.DataObject) -> None:
    usual = [span("t", "a", gen_ai__usage__input_tokens=3, share=0.5, list=["x"]), span("t", "b")]
    good = lines(trace("t1"), usual, trace("t2"))
    at = data.draw(st.integers(0, len(good)))
    cut = data.draw(st.integers(0, 3))
    put = data.draw(
        st.sampled_from([b"", b"\n", b"{", b"}", b"]", b",", b'"', b"\xff", b"\\", b"NaN", b" ", b"\r", b"1"])
    )
    both(good[:at] + put + good[at + cut :])


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b'{"resourceSpans": null}',
        b'{"resourceSpans": []} {"resourceSpans": []}',
        b'{"resourceSpans": [null]}',
        b'{"resourceSpans": [{"scopeSpans": [null, {"spans": [null]}]}]}',
        b'{"resourceSpans": [{"resource": {"attributes": [{"key": "a", "value": {"doubleValue": NaN}}]}}]}',
        b'{"resourceSpans": [], "resourceSpans": []}',
        b'{"resourceSpans": [{"scopeSpans": [{"schemaUrl": "https://a/b\\nc/1.2"}]}], "more": {"a": [[[1]]]}}',
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"resourceSpans": [{"scopeSpans": ' + b"[" * 500 + b"]" * 500 + b"}]}",
        b" " * 40 + b"{}",
        b"x" * (1 << 20) + b"x",
    ],
)
def test_lines_of_other_shapes_are_the_same_both_ways(line: bytes) -> None:
    both(lines(trace("t1"), line, trace("t2"), line))


@pytest.mark.parametrize("key", ["other", "user.id", "gen_ai.response.finish_reasons", "gen_ai.input.messages"])
def test_values_that_are_none_are_the_same_both_ways(key: str) -> None:
    values = [
        {},
        None,
        {"stringValue": None},
        {"stringValue": "[x"},
        {"arrayValue": {}},
        {"intValue": "0x1f"},
        {"a": 1},
    ]
    values += [{"arrayValue": {"values": [value]}} for value in values]
    several = [
        span("t", str(place)) | {"attributes": [{"key": key, "value": each}]} for place, each in enumerate(values)
    ]
    both(lines(several))
    for one in several:
        both(lines([one, span("t", "usual", server__port=1)]))


def test_parts_that_are_null_hide_the_content() -> None:
    said = ['[{"role":"user","parts":null,"content":"x"}]', '[{"role":"user","content":"y"}]']
    rows, _ = both(lines([span("t", each, gen_ai__input__messages=each) for each in said]))
    assert rows["input"].to_pylist() == [None, "y"]


def test_spans_at_the_edges_are_the_same_both_ways() -> None:
    many = span("t", "many", **{f"key{number}": number for number in range(10_000)})
    late = span("t", "late", at="2027-01-01T00:00:00")
    twice = span("t", "twice", feature="one")
    twice["attributes"] *= 2
    failed = span("t", "failed", gen_ai__operation__name="chat", gen_ai__usage__input_tokens=-1)
    rows, books = both(lines([many, late, twice, failed], trace("t1")))
    assert (len(rows), len(books.quarantined)) == (4, 2)


def test_a_damaged_line_costs_the_lines_around_it_nothing() -> None:
    usual = [[span(f"t{place}", "a", text="x" * 400)] for place in range(1500)]
    data = lines(*usual[:1200], b'{"resourceSpans": [', *usual[1200:])
    rows, books = both(data)
    assert (len(rows), len(books.quarantined)) == (1500, 1)
    assert len(left_to_the_reader(data)) < 600


def test_a_file_of_mostly_odd_spans_is_left_to_the_reader() -> None:
    several = [[span(f"t{place}", "a", metadata="{}", text="x" * 400)] for place in range(800)]
    data = lines(*several, trace("t1"))
    assert len(both(data)[0]) == 802
    assert left_to_the_reader(data) == list(range(1, 802))


def test_costs_are_the_same_to_the_last_digit() -> None:
    draw = random.Random(1)
    models = [
        "gpt-4o-mini",
        "gpt-4o-2024-08-06",
        "claude-sonnet-4-5",
        "gemini-2.5-pro",
        "text-embedding-3-small",
        "none",
    ]
    calls = [
        span(
            "t",
            str(place),
            gen_ai__operation__name="chat",
            gen_ai__request__model=draw.choice(models),
            gen_ai__response__model=draw.choice(models),
            gen_ai__usage__input_tokens=draw.choice([7, 250_000, 10**9]),
            gen_ai__usage__cache_read__input_tokens=draw.choice([0, 3, 10**6]),
            gen_ai__usage__output_tokens=draw.randrange(10**4),
        )
        for place in range(200)
    ]
    rows, books = both(lines(calls))
    assert books.unpriced_calls == rows["cost_usd"].null_count > 0
