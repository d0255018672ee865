"""Langfuse's exports: what observations and traces become, from JSON and from Parquet, and what bad ones cost."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.conventions import meaning_of
from llm_eval_pipeline.production.landing import READERS, LandingReport
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers import LangfuseJsonReader, LangfuseParquetReader
from llm_eval_pipeline.production.rows import Origin, span_row
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, QUARANTINE
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError, Span
from llm_eval_pipeline.production.tokens import Tokens
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.langfuse import (
    DAY,
    TRACE,
    generation,
    observation,
    retriever,
    root,
    score,
    span_id,
    stored,
    trace,
)
from llm_eval_pipeline_tests.production.langsmith import chat as langsmith_chat
from llm_eval_pipeline_tests.production.otlp import attributes, lines, price, span
from llm_eval_pipeline_tests.production.reading import read_by

Land = Callable[[], LandingReport]
JSON, PARQUET = LangfuseJsonReader(), LangfuseParquetReader()
CHAIN = (root(), retriever(), generation())


def as_lines(*found: Any) -> bytes:
    return b"".join(each if isinstance(each, bytes) else orjson.dumps(each) + b"\n" for each in found)


def read(data: bytes, name: str = "a.jsonl") -> tuple[list[Span], list[str]]:
    """Good spans, and the reasons of the others."""
    reader = JSON if "json" in name else PARQUET
    return read_by(reader, data, name)


def one(found: dict[str, Any]) -> Span:
    (each,), reasons = read(as_lines(found))
    assert reasons == []
    return each


def feedback(found: dict[str, Any]) -> float | None:
    return one(found).attributes.get("llm_eval.feedback_score")


def parquet(*found: dict[str, Any]) -> bytes:
    """Observations as the blob storage export's Parquet has them."""
    rows = [stored(each) for each in found]
    for row in rows:
        for name in ("start_time", "end_time", "completion_start_time"):
            row[name] = row.get(name) and datetime.fromisoformat(row[name])
        for name in ("input", "output"):
            row[name] = row[name] if isinstance(row.get(name), str) else orjson.dumps(row.get(name)).decode()
        row["metadata"] = None if not row["metadata"] else orjson.dumps(row["metadata"]).decode()
        row["usage_details"] = list(row.get("usage_details", {}).items())
    kinds = pa.map_(pa.string(), pa.int64())
    names = sorted({name for row in rows for name in row})
    columns = {
        name: pa.array([row.get(name) for row in rows], kinds if name == "usage_details" else None) for name in names
    }
    file = io.BytesIO()
    pq.write_table(pa.table(columns), file)
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("observations.jsonl", as_lines(*CHAIN)),
        ("observations.json", orjson.dumps(list(CHAIN), option=orjson.OPT_INDENT_2)),
        ("page.json", orjson.dumps({"data": list(CHAIN), "meta": {"page": 1}})),
        ("p/observations_v2/2026-03-30.jsonl.gz", gzip.compress(as_lines(*map(stored, CHAIN)))),
        ("p/observations_v2/2026-03-30.parquet", parquet(*CHAIN)),
    ],
)
def test_a_chain_becomes_the_same_request_from_every_export(
    landing: Path, warehouse: Warehouse, landed: Land, name: str, data: bytes
) -> None:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    report = landed()
    assert (report.read, report.spans, report.quarantined, report.open) == ((name,), 3, 0, 0)
    compile_days([DAY], warehouse)
    rows = {row["name"]: row for row in warehouse.read(PRODUCTION_TRACES, DAY).to_pylist()}
    entry, call, found = rows["rag"], rows["chat"], rows["search"]
    assert [row["is_entry"] for row in (entry, call, found)] == [True, False, False]
    assert (entry["span_id"], entry["trace_id"]) == (span_id("rag"), TRACE)
    assert call["parent_span_id"] == found["parent_span_id"] == entry["span_id"]
    assert {(row["feature"], row["user_id"], row["session_id"]) for row in rows.values()} == {("search", "u-1", "s-1")}
    assert call["prompt_version"] == "qa@3"
    assert (entry["input"], entry["output"]) == ("How long is it?", "Two years.")
    assert (call["operation"], call["model_requested"], call["model_resolved"]) == ("chat", "gpt-4o", "gpt-4o")
    assert (call["input_uncached_tokens"], call["cache_read_tokens"]) == (20, 100)
    assert (call["output_tokens"], call["reasoning_tokens"]) == (9, 4)  # 5 + 4: reasoning is among our output tokens
    assert (call["duration_ms"], call["first_token_ms"]) == (1500, 250)
    assert (call["input"], call["output"]) == ("How long is it?", "Two years.")
    assert [each["role"] for each in orjson.loads(call["input_messages"])] == ["system", "user"]
    assert found["documents"] == [{"title": "Warranty", "content": "Warranty lasts two years."}]
    assert landed().unchanged == 1


def test_a_trace_gives_what_it_knows_to_its_only_root(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    bare = root(input=None, output=None, userId=None, sessionId=None, metadata=None)
    (landing / "trace.json").write_bytes(
        orjson.dumps(trace(bare, retriever(), generation()), option=orjson.OPT_INDENT_2)
    )
    assert landed().spans == 3
    compile_days([DAY], warehouse)
    (entry,) = [row for row in warehouse.read(PRODUCTION_TRACES, DAY).to_pylist() if row["is_entry"]]
    assert (entry["span_id"], entry["feature"], entry["user_id"]) == (span_id("rag"), "search", "u-1")
    assert (entry["input"], entry["output"], entry["session_id"]) == ("How long is it?", "Two years.", "s-1")
    assert entry["feedback_score"] == 0.5  # (1 + 0) / 2; the judge's score is none of a user's


def test_a_trace_of_several_roots_is_the_span_above_them() -> None:
    second = observation("after", "SPAN", endTime=f"{DAY}T12:00:04.000Z")
    (whole, *below), reasons = read(as_lines(trace(root(), second, generation())))
    assert reasons == []
    assert (whole.parent_span_id, whole.name, (whole.end_ns - whole.start_ns) / 1e9) == (None, "rag", 4)
    assert [each.parent_span_id for each in below] == [whole.span_id, whole.span_id, span_id("rag")]
    assert whole.attributes["llm_eval.feedback_score"] == 0.5
    assert "llm_eval.feedback_score" not in below[0].attributes


def test_a_trace_alone_lasts_as_long_as_its_latency_says() -> None:
    listed = trace("0af7651916cd43dd", latency=2.25, scores=["score-1"])  # as the API lists traces: ids in lists
    found = one(listed)
    assert (found.trace_id, (found.end_ns - found.start_ns) / 1e9) == (TRACE, 2.25)
    assert meaning_of(found).operation is None
    exported = {name: value for name, value in listed.items() if name not in ("observations", "scores")}
    assert feedback(exported | {"user-feedback": [1, 0.5], "tone": ["kind"]}) == 0.75  # as the UI exports them


def test_what_has_no_end_waits_but_an_event_needs_none(landing: Path, landed: Land) -> None:
    event = observation("clicked", "EVENT", parent="rag", endTime=None)
    assert one(event).start_ns == one(event).end_ns
    (landing / "a.jsonl").write_bytes(as_lines(*CHAIN, event, generation(endTime=None), trace(latency=None)))
    report = landed()
    assert (report.records, report.spans, report.open, report.quarantined) == (6, 4, 2, 0)
    with pytest.raises(OpenSpanError, match="no endTime"):
        next(JSON.records(io.BytesIO(as_lines(generation(endTime=""))), "a.jsonl")).span()


def test_a_failed_call_has_its_message_and_no_answer() -> None:
    failed = one(generation(level="ERROR", statusMessage="429 slow down", output=None, usageDetails={}))
    meaning = meaning_of(failed)
    assert (failed.status, failed.status_message) == ("error", "429 slow down")
    assert (meaning.model_requested, meaning.model_resolved, meaning.output) == ("gpt-4o", None, None)
    assert one(generation(level="WARNING", statusMessage="slow")).status == "unset"


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input": 10, "output": 5, "total": 15}, Tokens(input_uncached=10, output=5)),
        (
            {"input": 10, "output": 5, "cache_read_input_tokens": 2, "total": 17},
            Tokens(input_uncached=10, cache_read=2, output=5),
        ),
        (
            # the documentation's example of OpenAI's 17,903 prompt tokens
            {"input": 86, "input_cached_tokens": 17_817, "output": 188, "total": 18_091},
            Tokens(input_uncached=86, cache_read=17_817, output=188),
        ),
        (
            # an integration that counts them twice: 18,091 is 17,903 + 188, without the cached tokens
            {"input": 17_903, "input_cached_tokens": 17_817, "output": 188, "total": 18_091},
            Tokens(input_uncached=86, cache_read=17_817, output=188),
        ),
        (
            {"input": 3, "input_cache_read": 4, "input_cache_creation": 5, "output": 6, "output_reasoning": 7},
            Tokens(input_uncached=3, cache_read=4, cache_write=5, output=13, reasoning=7),
        ),
        (
            {"input": 10, "output": 9, "output_reasoning_tokens": 4, "total": 19},
            Tokens(input_uncached=10, output=9, reasoning=4),  # 19 is 10 + 9: reasoning is among the 9
        ),
        ({"input": 1, "input_audio": 2, "output": 3, "output_audio": 4}, Tokens(input_uncached=3, output=7)),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "prompt_tokens_details": {"cached_tokens": 4}, "cost": 0.01},
            Tokens(input_uncached=6, cache_read=4, output=5),
        ),
        (
            {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15, "input_tokens": 0, "output_tokens": 0},
            Tokens(input_uncached=10, output=5),
        ),
        (
            {"input": 1, "output": 2, "input_cost": 0.5, "total_cost": 1.5, "other": "x"},
            Tokens(input_uncached=1, output=2),
        ),
        ({}, Tokens()),
    ],
)
def test_kinds_of_usage_share_no_token(usage: dict[str, Any], expected: Tokens) -> None:
    assert meaning_of(one(generation(usageDetails=usage))).tokens == expected


def test_older_versions_have_usage_in_a_unit() -> None:
    usage = {"input": 10, "output": 5, "total": 15, "unit": "TOKENS"}
    older = {name: value for name, value in generation().items() if name != "usageDetails"}
    assert meaning_of(one(older | {"usage": usage})).tokens == Tokens(input_uncached=10, output=5)
    assert meaning_of(one(older | {"usage": usage | {"unit": "CHARACTERS"}})).tokens == Tokens()
    assert meaning_of(one(older | {"usage": {"input": 0, "output": 0, "total": 0, "unit": None}})).tokens == Tokens()


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        ([score("user-feedback", 1)], 1.0),
        ([score("user_score", True, dataType="BOOLEAN"), score("User Feedback", 0.5, dataType=None)], 0.75),
        ([score("user-feedback", 0, dataType="CATEGORICAL"), score("user-feedback", 0, dataType="TEXT")], None),
        ([score("user-feedback", 1, source="EVAL")], None),
        ([score("accuracy", 1)], None),
        (None, None),
    ],
)
def test_feedback_is_what_users_scored(scores: object, expected: float | None) -> None:
    assert feedback(trace(scores=scores)) == expected


def test_ids_that_are_uuids_or_texts_still_match() -> None:
    above = root(id="run-17", traceId="0190F3A1-5C2B-7d00-8000-0123456789ab")
    below = generation(parentObservationId="run-17", traceId="0190f3a1-5c2b-7d00-8000-0123456789ab")
    (one_, other), _ = read(as_lines(above, below))
    assert one_.span_id == other.parent_span_id
    assert one_.trace_id == other.trace_id == "0190f3a15c2b7d0080000123456789ab"


def test_arguments_of_an_observed_function_are_its_input() -> None:
    observed = {"args": ["How long is it?"], "kwargs": {}}
    assert meaning_of(one(root(input=observed))).input == "How long is it?"
    named = {"args": [], "kwargs": {"question": "How long is it?", "k": 3}}
    assert meaning_of(one(root(input=named))).input == "How long is it?"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"traceId": ["x"]}, "traceId is missing"),
        ({"startTime": 1.5}, "before the year 2000"),
        ({"startTime": None}, "startTime is missing"),
        ({"endTime": f"{DAY}T11:00:00Z"}, "before start time"),
        ({"endTime": "NaN"}, "endTime is no ISO 8601 time"),
        ({"usageDetails": [1]}, "usageDetails must be an object"),
        ({"completionStartTime": "soon"}, "completionStartTime"),
        ({"user-feedback": [5]}, r"the feedback user-feedback must be a number in \[0, 1\], got 5"),
    ],
)
def test_an_observation_that_makes_no_sense_says_why_and_its_neighbours_are_read(
    change: dict[str, Any], reason: str
) -> None:
    spans, reasons = read(as_lines(root(), generation() | change, retriever()))
    assert [each.name for each in spans] == ["rag", "search"]
    assert len(reasons) == 1
    with pytest.raises(BadSpanError, match=reason):
        raise BadSpanError(reasons[0])


@pytest.mark.parametrize("count", [-1, 1.5, "many", float("nan")])
def test_tokens_that_cannot_be_go_to_the_quarantine(
    landing: Path, warehouse: Warehouse, landed: Land, count: object
) -> None:
    bad = generation(usageDetails={"input": count})
    (landing / "a.json").write_text(json.dumps([root(), bad, retriever()]))
    assert (landed().spans, landed().unchanged) == (2, 1)
    (row,) = warehouse.read(QUARANTINE, file_partition("a.json")).to_pylist()
    assert "input must be a whole number" in row["reason"]
    assert orjson.loads(row["raw"])["name"] == "chat"


@pytest.mark.parametrize("line", [b'{"id": "a", "traceId\n', b"\xff\xfe not text\n", b"[" * 3000 + b"\n", b"7\n"])
def test_a_line_that_is_no_observation_is_one_record(landing: Path, landed: Land, line: bytes) -> None:
    (landing / "a.jsonl").write_bytes(as_lines(line, root(), line, retriever()))
    report = landed()
    assert (report.records, report.spans, report.quarantined) == (4, 2, 2)


def test_a_copy_is_one_row(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    (landing / "a.jsonl").write_bytes(as_lines(*CHAIN, generation(), generation(name="other")))
    landed()
    (report,) = compile_days([DAY], warehouse)
    assert (report.written, report.duplicates, report.conflicting) == (3, 1, 1)


def test_a_cut_parquet_file_is_one_record(landing: Path, landed: Land) -> None:
    folder = landing / "observations"
    folder.mkdir()
    (folder / "a.parquet").write_bytes(parquet(*CHAIN)[:-10])
    report = landed()
    assert (report.records, report.quarantined) == (1, 1)


def test_what_lies_beside_the_observations_is_ignored_and_said_to_be(landing: Path, landed: Land) -> None:
    blob = {"id": TRACE, "timestamp": f"{DAY} 12:00:00.000000", "name": "rag", "project_id": "p", "user_id": "u"}
    scored = {"id": "s", "timestamp": f"{DAY} 12:00:00.000000", "project_id": "p", "trace_id": TRACE, "value": 1}
    beside = {
        "p/manifests/a.json": orjson.dumps({"files": []}),
        "p/scores/a.jsonl": as_lines(scored),
        "p/scores/a.parquet": b"PAR1",
        "p/traces/a.jsonl": as_lines(blob),
        "scores.json": orjson.dumps({"data": [score("user-feedback", 1)]}),
    }
    for name, data in beside.items():
        (landing / name).parent.mkdir(parents=True, exist_ok=True)
        (landing / name).write_bytes(data)
    assert landed().ignored == tuple(sorted(beside))


@pytest.mark.parametrize(
    ("name", "beginning", "source"),
    [
        ("a.jsonl", as_lines(generation()), "langfuse"),
        ("a.json", orjson.dumps({"data": [trace(generation())], "meta": {}}), "langfuse"),
        ("a.jsonl", as_lines(stored(generation())), "langfuse"),
        ("a.jsonl", as_lines(generation(input='"run_type": "info"' * 999)), "langfuse"),
        ("a.jsonl", as_lines(langsmith_chat()), "langsmith"),
        ("a.jsonl", lines([span("t", "a")]), "otlp"),
    ],
)
def test_the_first_bytes_say_whose_a_file_is(name: str, beginning: bytes, source: str) -> None:
    assert next(each for each in READERS if each.accepts(name, beginning[:8192])).source == source


def test_spans_of_its_own_sdk_mean_the_same_over_opentelemetry() -> None:
    told = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "gpt-4o",
        "langfuse.observation.input": '[{"role": "user", "content": "How long is it?"}]',
        "langfuse.observation.output": "Two years.",
        "langfuse.observation.usage_details": '{"input": 20, "cache_read_input_tokens": 100, "output": 5}',
        "langfuse.observation.completion_start_time": f'"{DAY}T12:00:00.250000Z"',
    }
    sent = span("t", "a") | {"attributes": attributes(told)}
    reader = next(each for each in READERS if each.name == "otlp_json")
    (record,) = reader.records(io.BytesIO(lines([sent])), "a.jsonl")
    meaning = meaning_of(record.span())
    assert (meaning.convention, meaning.operation, meaning.model_requested) == ("langfuse", "chat", "gpt-4o")
    assert (meaning.input, meaning.output, meaning.first_token_ms) == ("How long is it?", "Two years.", 250)
    assert meaning.tokens == Tokens(input_uncached=20, cache_read=100, output=5)


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted({*generation(), *trace(), "user-feedback"})
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ORIGIN = Origin(source="langfuse", file="a.jsonl", arrived_at=NOW, latest=NOW)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([*CHAIN, trace(*CHAIN), trace()]), st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4)
)
def test_no_value_in_any_field_raises_anything_but_a_reason(whole: dict[str, Any], changes: dict[str, Any]) -> None:
    for record in JSON.records(io.BytesIO(json.dumps(whole | changes).encode()), "a.jsonl"):
        assert record.size() >= len(record.raw()) > 0
        try:
            span_row(record.span(), record.line, record.part, ORIGIN, price)
        except BadSpanError:
            continue


@settings(max_examples=100, deadline=None)
@given(ANYTHING)
def test_no_document_raises_out_of_records(whole: Any) -> None:
    for record in JSON.records(io.BytesIO(json.dumps(whole).encode()), "a.json"):
        with pytest.raises(BadSpanError):
            record.span()
