"""LangSmith's exports: what runs become, from JSON and from Parquet, and what bad ones cost."""

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
from llm_eval_pipeline.production.readers import LangSmithJsonReader, LangSmithParquetReader, MlflowJsonReader
from llm_eval_pipeline.production.rows import Origin, span_row
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, QUARANTINE
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError, Span
from llm_eval_pipeline.production.tokens import Tokens
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.langsmith import DAY, chain, chat, message, retrieval, root, run, run_id
from llm_eval_pipeline_tests.production.otlp import lines, price, span
from llm_eval_pipeline_tests.production.reading import read_by

Land = Callable[[], LandingReport]
JSON, PARQUET = LangSmithJsonReader(), LangSmithParquetReader()
_OBJECTS = ("inputs", "outputs", "extra", "feedback_stats")


def as_lines(*runs: Any) -> bytes:
    return b"".join(each if isinstance(each, bytes) else orjson.dumps(each) + b"\n" for each in runs)


def read(data: bytes, name: str = "runs.jsonl") -> tuple[list[Span], list[str]]:
    """Good spans, and the reasons of the others."""
    reader = JSON if "json" in name else PARQUET
    return read_by(reader, data, name)


def one(**changes: Any) -> Span:
    (found,), reasons = read(as_lines(chat() | changes))
    assert reasons == []
    return found


def tokens(**changes: Any) -> Tokens:
    return meaning_of(one(**changes)).tokens


def row_of(*runs: dict[str, Any]) -> dict[str, Any]:
    """Columns as the bulk export has them: objects are JSON texts, times are in UTC."""
    names = {name for each in runs for name in each}
    columns: dict[str, list[Any]] = {name: [each.get(name) for each in runs] for name in sorted(names)}
    for name in _OBJECTS:
        columns[name] = [orjson.dumps(value).decode() if value else None for value in columns[name]]
    for name in ("start_time", "end_time", "first_token_time"):
        columns[name] = [each and datetime.fromisoformat(each) for each in columns.get(name, [])]
    columns["first_token_time"] = columns["first_token_time"] or [None] * len(runs)
    return columns


def parquet(*runs: dict[str, Any], row_group_size: int | None = None) -> bytes:
    file = io.BytesIO()
    pq.write_table(pa.table(row_of(*runs)), file, row_group_size=row_group_size)
    return file.getvalue()


def compiled(landing: Path, warehouse: Warehouse, landed: Land, name: str, data: bytes) -> dict[str, dict[str, Any]]:
    path = landing / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    report = landed()
    assert (report.read, report.quarantined, report.open) == ((name,), 0, 0)
    compile_days([DAY], warehouse)
    return {row["name"]: row for row in warehouse.read(PRODUCTION_TRACES, DAY).to_pylist()}


BULK = "export_id=1/tenant_id=2/session_id=3/resource=runs/year=2026/month=3/day=30/part-0.parquet"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("runs.jsonl", as_lines(*chain())),
        ("runs.json", orjson.dumps(chain(), option=orjson.OPT_INDENT_2)),
        ("page.json", orjson.dumps({"runs": chain(), "cursors": {"next": None}})),
        ("runs.ndjson.gz", gzip.compress(as_lines(*chain()))),
        ("tree.json", orjson.dumps(root() | {"child_runs": [retrieval(), chat() | {"child_runs": []}]})),
        (BULK, parquet(*chain())),
    ],
)
def test_a_chain_becomes_the_same_request_from_every_export(
    landing: Path, warehouse: Warehouse, landed: Land, name: str, data: bytes
) -> None:
    rows = compiled(landing, warehouse, landed, name, data)
    entry, call, found = rows["rag"], rows["ChatOpenAI"], rows["Retriever"]
    assert [row["is_entry"] for row in (entry, call, found)] == [True, False, False]
    assert call["parent_span_id"] == found["parent_span_id"] == entry["span_id"]
    assert {row["trace_id"] for row in rows.values()} == {run_id("rag").replace("-", "")}
    assert {row["feature"] for row in rows.values()} == {"search"}
    assert {(row["user_id"], row["session_id"], row["prompt_version"]) for row in rows.values()} == {
        ("u-1", "t-1", "qa:abcdef12")
    }
    assert (entry["feedback_score"], entry["input"], entry["output"]) == (
        0.5,
        "How long is the warranty?",
        "Two years.",
    )
    assert (call["operation"], call["model_requested"], call["model_resolved"]) == (
        "chat",
        "gpt-4o",
        "gpt-4o-2024-08-06",
    )
    assert (call["input_uncached_tokens"], call["cache_read_tokens"]) == (20, 100)  # 120 with the cached ones
    assert (call["output_tokens"], call["reasoning_tokens"]) == (9, 4)
    assert (call["duration_ms"], call["first_token_ms"], call["finish_reason"]) == (1500, 250, "stop")
    assert (call["input"], call["output"]) == ("How long is the warranty?", "Two years.")
    assert [each["role"] for each in orjson.loads(call["input_messages"])] == ["system", "user"]
    assert float(call["cost_usd"]) == pytest.approx(129e-6)
    assert found["documents"] == [{"title": "Warranty", "content": "Warranty lasts two years."}]
    assert {row["status"] for row in rows.values()} == {"ok"}


def test_the_same_runs_again_are_no_more_rows(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    compiled(landing, warehouse, landed, "runs.jsonl", as_lines(*chain()))
    before = warehouse.read(PRODUCTION_TRACES, DAY)
    assert landed().unchanged == 1
    (landing / BULK).parent.mkdir(parents=True)
    (landing / BULK).write_bytes(parquet(*chain()))
    assert landed().spans == 3
    (report,) = compile_days([DAY], warehouse)
    assert (report.written, report.duplicates, report.conflicting) == (3, 3, 0)
    after = warehouse.read(PRODUCTION_TRACES, DAY)
    assert after["span_id"].equals(before["span_id"])


def test_a_run_that_has_not_ended_waits(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    pending = run("late", "chain", "late") | {"end_time": None, "status": "pending"}
    (landing / "runs.jsonl").write_bytes(as_lines(*chain(), pending))
    report = landed()
    assert (report.records, report.spans, report.open, report.quarantined) == (4, 3, 1, 0)
    with pytest.raises(OpenSpanError, match="no end_time"):
        next(JSON.records(io.BytesIO(as_lines(pending)), "a.jsonl")).span()


def test_a_failed_call_has_its_error_and_no_answer() -> None:
    failed = one(error="RateLimitError('slow down')", status="error", outputs={"generations": [[]]})
    meaning = meaning_of(failed)
    assert (failed.status, failed.status_message) == ("error", "RateLimitError('slow down')")
    assert (meaning.model_requested, meaning.model_resolved, meaning.output) == ("gpt-4o", None, None)
    assert meaning.tokens == Tokens()


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"input_tokens": 10, "output_tokens": 5}, Tokens(input_uncached=10, output=5)),
        (
            {"input_tokens": 10, "output_tokens": 5, "input_token_details": {"cache_read": 4, "cache_creation": 3}},
            Tokens(input_uncached=3, cache_read=4, cache_write=3, output=5),  # 10 - 4 - 3
        ),
        (
            # the SDK told the same 6 tokens as written at all, and as written for five minutes
            {"input_tokens": 10, "input_token_details": {"cache_creation": 6, "ephemeral_5m_input_tokens": 6}},
            Tokens(input_uncached=4, cache_write=6),
        ),
        (
            # before March 2026 the wrapper of Anthropic's client left cached tokens out of the sum
            {"input_tokens": 19, "output_tokens": 5, "input_token_details": {"cache_read": 39_000}},
            Tokens(input_uncached=19, cache_read=39_000, output=5),
        ),
    ],
)
def test_input_tokens_include_cached_ones(usage: dict[str, Any], expected: Tokens) -> None:
    assert tokens(outputs={"usage_metadata": usage}) == expected
    assert tokens(outputs={}, extra={"metadata": {"usage_metadata": usage}}) == expected


def test_the_runs_own_counts_stand_in_where_there_is_no_usage_metadata() -> None:
    counts = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    details = {"prompt_token_details": {"cache_read": 4}, "completion_token_details": {"reasoning": 2}}
    expected = Tokens(input_uncached=6, cache_read=4, output=5, reasoning=2)
    assert tokens(outputs={}, **counts, **details) == expected
    assert tokens(outputs={}, **counts, **{name: {"raw": value} for name, value in details.items()}) == expected


def test_zeros_of_a_run_whose_tokens_nobody_told_are_not_counts() -> None:
    assert tokens(outputs={}, prompt_tokens=0, completion_tokens=0, total_tokens=0) == Tokens()


def test_the_second_version_of_the_api() -> None:
    second = {name: value for name, value in chat().items() if name not in ("parent_run_id", "extra")} | {
        "parent_run_ids": [run_id("rag"), run_id("rag/agent")],
        "run_type": "LLM",
        "status": "SUCCESS",
        "metadata": {"feature": "search", "ls_model_name": "gpt-4o"},
        "thread_id": "t-9",
    }
    (found,), _ = read(orjson.dumps({"items": [second]}), "page.json")
    (direct,), _ = read(as_lines(chat(parent="agent")))
    assert (found.parent_span_id, found.status) == (direct.parent_span_id, "ok")
    assert (meaning_of(found).operation, meaning_of(found).model_requested) == ("chat", "gpt-4o")
    assert found.attributes["session.id"] == "t-9"


def test_ids_that_an_export_left_out_are_in_the_dotted_order() -> None:
    order = f"20260330T120000000000Z{run_id('rag')}.20260330T120000000000Z{run_id('rag/ChatOpenAI')}"
    bare = {name: value for name, value in chat().items() if name not in ("trace_id", "parent_run_id")}
    assert read(as_lines(bare | {"dotted_order": order}))[0] == read(as_lines(chat()))[0]
    (whole,), _ = read(as_lines({name: value for name, value in root().items() if name != "trace_id"}))
    assert whole.trace_id == run_id("rag").replace("-", "")


def test_a_feature_may_be_a_tag() -> None:
    tagged = one(tags=["prod", "feature: support", "prompt_version:v7"], extra={"metadata": {}})
    assert orjson.loads(tagged.attributes["metadata"]) == {"feature": "support", "prompt_version": "v7"}
    named = one(tags=["feature:support"], extra={"metadata": {"feature": "search"}})
    assert orjson.loads(named.attributes["metadata"])["feature"] == "search"


@pytest.mark.parametrize("key", ["user_score", "User-Feedback", "userScore", "thumbs_up"])
def test_feedback_is_what_users_said(key: str) -> None:
    told = one(feedback_stats={key: {"n": 1, "avg": 0.25}, "llm_judge": {"n": 1, "avg": 1.0}})
    assert told.attributes["llm_eval.feedback_score"] == 0.25


@pytest.mark.parametrize("stats", [None, {}, {"correctness": {"avg": 1}}, {"user_score": {"n": 1, "avg": None}}, "{}"])
def test_other_scores_are_no_feedback(stats: Any) -> None:
    assert "llm_eval.feedback_score" not in one(feedback_stats=stats).attributes


@pytest.mark.parametrize(
    ("inputs", "outputs", "asked", "answered"),
    [
        ({"messages": [{"role": "user", "content": "Q?"}]}, {"choices": [{"message": {"content": "A."}}]}, "Q?", "A."),
        (
            {"messages": [{"role": "user", "content": [{"type": "text", "text": "Q?"}]}], "model": "m"},
            {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "A."}]},
            "Q?",
            "A.",
        ),
        (
            {"messages": [{"type": "human", "content": "Q?"}]},
            {"messages": [{"type": "human", "content": "Q?"}, {"type": "ai", "content": "A."}]},
            "Q?",
            "A.",
        ),
        ({"messages": [["user", "Q?"]]}, {"output": message("AI", "A.")}, "Q?", "A."),
        ({"prompts": ["Q?"]}, {"generations": [[{"text": "A.", "type": "Generation"}]]}, '{"prompts":["Q?"]}', "A."),
        ({"question": "Q?", "k": 3}, {"answer": "A."}, "Q?", "A."),
        ({"q": "Q?"}, {"output": "A."}, "Q?", "A."),
        ({"messages": [message("Human", "Q?")]}, {"choices": [{"text": "A."}]}, "Q?", "A."),
    ],
)
def test_questions_and_answers_in_the_shapes_of_each_api(inputs: Any, outputs: Any, asked: str, answered: str) -> None:
    meaning = meaning_of(one(inputs=inputs, outputs=outputs))
    assert (meaning.input, meaning.output) == (asked, answered)


def test_a_call_for_a_tool_is_no_answer() -> None:
    called = {"role": "assistant", "content": None, "tool_calls": [{"id": "1"}]}
    assert meaning_of(one(outputs={"choices": [{"message": called}]})).output is None


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"id": None}, "id is missing"),
        ({"trace_id": True}, "trace_id is missing"),
        ({"start_time": "yesterday"}, "start_time is no ISO 8601 time"),
        ({"start_time": None}, "start_time is missing"),
        ({"end_time": "2026-03-30T11:00:00Z"}, "before start time"),
        ({"end_time": "NaN"}, "end_time is no ISO 8601 time"),
        ({"start_time": "1999-01-01"}, "before the year 2000"),
        ({"extra": "metadata"}, "extra must be an object"),
        ({"extra": {"metadata": [1]}}, "metadata must be an object"),
        ({"feedback_stats": [1]}, "feedback_stats must be an object"),
        (
            {"feedback_stats": {"user_score": {"avg": 5}}},
            r"the feedback user_score must be a number in \[0, 1\], got 5",
        ),
        ({"first_token_time": [1]}, "first_token_time"),
        ({"first_token_time": "0001-01-01"}, "first_token_time is out of range"),
        ({"end_time": "9999-12-31T23:59:59Z"}, "end_time is out of range"),
    ],
)
def test_a_run_that_makes_no_sense_says_why_and_its_neighbours_are_read(change: dict[str, Any], reason: str) -> None:
    spans, reasons = read(as_lines(root(), chat() | change, retrieval()))
    assert [each.name for each in spans] == ["rag", "Retriever"]
    assert len(reasons) == 1
    with pytest.raises(BadSpanError, match=reason):
        raise BadSpanError(reasons[0])


@pytest.mark.parametrize("count", [-1, 1.5, "many", [1]])
def test_tokens_that_cannot_be_go_to_the_quarantine(
    landing: Path, warehouse: Warehouse, landed: Land, count: object
) -> None:
    bad = chat() | {"outputs": {"usage_metadata": {"input_tokens": count}}}
    (landing / "runs.json").write_bytes(orjson.dumps([root(), bad]))
    assert (landed().spans, landed().unchanged) == (1, 1)
    (row,) = warehouse.read(QUARANTINE, file_partition("runs.json")).to_pylist()
    assert "input_tokens must be a whole number" in row["reason"]
    assert orjson.loads(row["raw"]) == bad  # its own JSON, not the list's


def test_nan_costs_only_the_run_that_counts_with_it(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    bad = chat() | {"outputs": {"usage_metadata": {"input_tokens": float("nan")}}}
    noted = retrieval() | {"extra": {"metadata": {"distance": float("inf"), "huge": 10**30}}}
    (landing / "runs.json").write_text(json.dumps([root(), bad, noted]))
    report = landed()
    assert (report.records, report.spans, report.quarantined) == (3, 2, 1)
    (row,) = warehouse.read(QUARANTINE, file_partition("runs.json")).to_pylist()
    assert "got 'NaN'" in row["reason"]


@pytest.mark.parametrize(
    "line", [b'{"id": "a", "run_type\n', b"\xff\xfe not text\n", b"[" * 3000 + b"\n", b"7\n", b"null\n"]
)
def test_a_line_that_is_no_run_is_one_record(landing: Path, landed: Land, line: bytes) -> None:
    (landing / "runs.jsonl").write_bytes(as_lines(line, root(), line, retrieval()))
    report = landed()
    assert (report.read, report.records, report.spans, report.quarantined) == (("runs.jsonl",), 4, 2, 2)


def test_a_text_that_is_no_utf8_costs_its_own_line() -> None:
    spans, reasons = read(as_lines(root(), as_lines(chat()).replace(b"Two years.", b"\xff\xff"), retrieval()))
    assert [each.name for each in spans] == ["rag", "Retriever"]
    assert "no JSON" in reasons[0]


def test_what_stands_before_a_cut_in_gzip_is_read() -> None:
    packed = gzip.compress(as_lines(*[root(f"t{number}") for number in range(300)]))
    spans, reasons = read(packed[: len(packed) // 2], "runs.jsonl.gz")
    assert 0 < len(spans) < 300
    assert "gzip ends before its end mark" in reasons[-1]


def test_a_copy_of_a_run_is_one_row(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    (landing / "runs.jsonl").write_bytes(as_lines(*chain(), chat(), chat(name="Other")))
    assert landed().spans == 5
    (report,) = compile_days([DAY], warehouse)
    assert (report.written, report.duplicates, report.conflicting) == (3, 1, 1)


def test_parquet_says_what_json_says() -> None:
    as_json, _ = read(as_lines(*chain()))
    as_parquet, reasons = read(parquet(*chain(), row_group_size=1), "a.parquet")
    assert reasons == []
    assert [(each.trace_id, each.span_id, each.start_ns, each.end_ns) for each in as_json] == [
        (each.trace_id, each.span_id, each.start_ns, each.end_ns) for each in as_parquet
    ]
    assert [meaning_of(each) for each in as_json] == [meaning_of(each) for each in as_parquet]


def test_parquet_with_few_columns_and_ids_in_binary() -> None:
    kept = ("id", "trace_id", "parent_run_id", "name", "run_type", "start_time", "end_time")
    table = pa.table({name: values for name, values in row_of(root(), chat()).items() if name in kept})
    ids = [
        None if each is None else bytes.fromhex(each.replace("-", "")) for each in table["parent_run_id"].to_pylist()
    ]
    table = table.drop_columns("parent_run_id").append_column("parent_run_id", pa.array(ids, pa.binary(16)))
    names = pa.array([b"rag", b"\xff"], pa.binary())
    instants = table["start_time"].cast(pa.timestamp("ns"))
    table = (
        table.drop_columns(["name", "start_time"]).append_column("name", names).append_column("start_time", instants)
    )
    file = io.BytesIO()
    pq.write_table(table, file)
    spans, reasons = read(file.getvalue(), "a.parquet")
    assert [each.span_id for each in spans] == [read(as_lines(root()))[0][0].span_id]
    assert len(reasons) == 1
    assert "the column name cannot be read" in reasons[0]


@pytest.mark.parametrize("part", [0.0, 0.01, 0.5, 0.99])
def test_a_cut_parquet_file_is_one_record(landing: Path, landed: Land, part: float) -> None:
    data = parquet(*chain())
    (landing / "runs.parquet").write_bytes(data[: int(len(data) * part)] + b"x")
    report = landed()
    assert (report.records, report.spans, report.quarantined) == (1, 0, 1)


def test_rows_before_damage_in_parquet_are_read() -> None:
    data = bytearray(parquet(*[root(f"trace {number}") for number in range(2000)], row_group_size=500))
    data[len(data) // 2 : len(data) // 2 + 2000] = b"\xff" * 2000
    spans, reasons = read(bytes(data), "a.parquet")
    assert 500 <= len(spans) < 2000
    assert "cut or is damaged from here on" in reasons[-1]


def test_another_table_in_parquet_says_what_it_lacks() -> None:
    file = io.BytesIO()
    pq.write_table(pa.table({"id": ["a"], "score": [1.0]}), file)
    assert read(file.getvalue(), "a.parquet") == (
        [],
        ["no runs of LangSmith's: the file has no column start_time, end_time"],
    )


@pytest.mark.parametrize(
    ("name", "beginning", "reader"),
    [
        ("a.jsonl", as_lines(root()), JSON),
        ("a.jsonl", b'{"id": "a", "na\n' + as_lines(root()), JSON),
        ("a.jsonl", as_lines(root(inputs={"text": 'a "info" {' * 5000}))[:8192], JSON),
        ("a.json", orjson.dumps({"runs": [chat()]}), JSON),
        ("a.jsonl", lines([span("t", "a", run_type="llm", inputs="x")]), None),
        ("a.json", b'{"info": {"trace_id": "tr-1"}, "data": {"spans": []}}', MlflowJsonReader()),
        ("a.parquet", b"PAR1", PARQUET),
        ("scores/a.parquet", b"PAR1", None),
        ("a.txt", as_lines(root()), None),
    ],
)
def test_the_first_bytes_say_whose_a_file_is(name: str, beginning: bytes, reader: object) -> None:
    found = next((each for each in READERS if each.accepts(name, beginning[:8192])), None)
    assert found == reader or (reader is None and (found is None or found.source == "otlp"))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
FIELDS = sorted(chat())
NOW = datetime(2026, 4, 1, tzinfo=UTC)
ORIGIN = Origin(source="langsmith", file="runs.jsonl", arrived_at=NOW, latest=NOW)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from([root(), chat(), retrieval()]), st.dictionaries(st.sampled_from(FIELDS), ANYTHING, max_size=4))
def test_no_value_in_any_field_raises_anything_but_a_reason(whole: dict[str, Any], changes: dict[str, Any]) -> None:
    data = json.dumps(whole | changes).encode()
    for record in JSON.records(io.BytesIO(data), "a.jsonl"):
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


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.binary(min_size=1, max_size=40))
def test_no_damage_in_parquet_raises_out_of_records(place: int, damage: bytes) -> None:
    data = bytearray(PARQUET_FILE)
    start = place % len(data)
    data[start : start + len(damage)] = damage
    read(bytes(data), "a.parquet")


PARQUET_FILE = parquet(*chain())
