"""Rows of one's own as spans: JSON lines, CSV and Parquet, by a mapping."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.conventions import meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.landing import LandingReport, land
from llm_eval_pipeline.production.mapping import FoundMapping, Mapping
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers.columns.reader import ColumnsReader
from llm_eval_pipeline.production.rows import Origin, span_row
from llm_eval_pipeline.production.schema import LANDED_SPANS, PRODUCTION_TRACES, QUARANTINE
from llm_eval_pipeline.production.spans import BadSpanError, Span
from llm_eval_pipeline.production.tokens import Tokens
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import lay, price, trace

COLUMNS = {
    "trace_id": "request",
    "started_at": "ts",
    "duration_s": "took",
    "model": "model",
    "input": "prompt",
    "output": "answer",
    "input_tokens": "n_in",
    "cached_input_tokens": "n_cached",
    "output_tokens": "n_out",
    "feature": "feature",
    "user_id": "user",
    "feedback_score": "liked",
    "error": {"column": "error", "optional": True},
}
SAID: dict[str, Any] = {"columns": COLUMNS, "time": "s", "input_includes_cached": True}
ROW = {
    "request": "r-1",
    "ts": 1_774_872_000,  # 2026-03-30T12:00:00Z
    "took": 0.25,
    "model": "gpt-4o",
    "prompt": "How long?",
    "answer": "Two years.",
    "n_in": 100,
    "n_cached": 60,
    "n_out": 5,
    "feature": "qa",
    "user": 7,
    "liked": 1,
}


def reader(**said: Any) -> ColumnsReader:
    mapping = Mapping.model_validate(SAID | said)
    return ColumnsReader(found=FoundMapping(mapping=mapping, file="app/mapping.yaml", digest="d"))


def jsonl(*rows: Any) -> bytes:
    return b"".join((each if isinstance(each, bytes) else orjson.dumps(each)) + b"\n" for each in rows)


def parquet(*rows: dict[str, Any], **types: pa.DataType) -> bytes:
    table = pa.Table.from_pylist(list(rows))
    for name, kind in types.items():
        table = table.set_column(table.schema.get_field_index(name), name, table[name].cast(kind))
    file = io.BytesIO()
    pq.write_table(table, file, row_group_size=2)
    return file.getvalue()


def csv(*rows: dict[str, Any]) -> bytes:
    file = io.BytesIO()
    pyarrow.csv.write_csv(pa.Table.from_pylist(list(rows)), file)
    return file.getvalue()


def read(data: bytes, name: str = "a.jsonl", **said: Any) -> tuple[list[Span], list[str]]:
    """Spans, and the reasons of what is none."""
    spans, reasons, places = [], [], set()
    for record in reader(**said).records(io.BytesIO(data), name):
        assert record.size() >= len(record.raw())
        assert record.raw() or not data
        places.add((record.line, record.part))
        try:
            spans.append(record.span())
        except BadSpanError as error:
            reasons.append(str(error))
    assert len(places) == len(spans) + len(reasons)
    return spans, reasons


def one(row: dict[str, Any], **said: Any) -> Span:
    ((span,), reasons) = read(jsonl(row), **said)
    assert reasons == []
    return span


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jsonl", jsonl(ROW)),
        ("a.ndjson.gz", gzip.compress(jsonl(ROW))),
        ("a.json", orjson.dumps([ROW], option=orjson.OPT_INDENT_2)),
        ("a.csv", csv(ROW)),
        ("a.csv.gz", gzip.compress(csv(ROW))),
        ("a.parquet", parquet(ROW)),
    ],
)
def test_a_row_says_the_same_in_each_format(name: str, data: bytes) -> None:
    ((span,), reasons) = read(data, name)
    assert reasons == []
    assert (span.day, span.start_ns, span.end_ns - span.start_ns) == ("2026-03-30", ROW["ts"] * 10**9, 250_000_000)
    assert (span.status, span.parent_span_id, len(span.trace_id), len(span.span_id)) == ("unset", None, 32, 16)
    meaning = meaning_of(span)
    assert (meaning.convention, meaning.operation) == ("columns", "chat")
    assert (meaning.model_requested, meaning.model_resolved) == ("gpt-4o", "gpt-4o")
    assert (meaning.input, meaning.output) == ("How long?", "Two years.")
    assert meaning.tokens == Tokens(input_uncached=40, cache_read=60, output=5)
    assert application_columns(span.attributes) == {
        "feature": "qa",
        "prompt_version": None,
        "session_id": None,
        "user_id": "7",
        "feedback_score": 1.0,
    }


def test_cached_tokens_may_be_counted_apart() -> None:
    tokens = meaning_of(one(ROW, input_includes_cached=False)).tokens
    assert tokens == Tokens(input_uncached=100, cache_read=60, output=5)


@pytest.mark.parametrize(
    ("time", "written"),
    [
        ("iso", "2026-03-30T12:00:00Z"),
        ("iso", "2026-03-30 14:00:00+02:00"),
        ("iso", "2026-03-30T12:00:00"),
        ("s", 1_774_872_000),
        ("s", 1_774_872_000.0),
        ("s", "1774872000"),
        ("ms", 1_774_872_000_000),
        ("us", "1774872000000000"),
        ("ns", 1_774_872_000_000_000_000),
    ],
)
def test_times_are_written_as_the_mapping_says(time: str, written: Any) -> None:
    assert one(ROW | {"ts": written}, time=time).start_ns == 1_774_872_000_000_000_000


def test_a_number_where_iso_was_said_asks_for_its_unit() -> None:
    assert read(jsonl(ROW), time="iso")[1] == [
        "started_at is a number, 1774872000: the mapping must say time: s, ms, us or ns"
    ]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_a_parquet_column_that_is_a_time_needs_no_unit(unit: str) -> None:
    at = datetime(2026, 3, 30, 12, tzinfo=UTC)
    ((span,), reasons) = read(parquet(ROW | {"ts": at}, ts=pa.timestamp(unit, "Europe/Berlin")), "a.parquet")
    assert reasons == []
    assert span.start_ns == 1_774_872_000_000_000_000


def test_an_end_may_be_told_in_place_of_a_duration() -> None:
    columns = {name: column for name, column in COLUMNS.items() if name != "duration_s"}
    row = ROW | {"end": ROW["ts"] + 2}
    assert one(row, columns=columns | {"ended_at": "end"}).end_ns == (ROW["ts"] + 2) * 10**9
    assert one(row | {"end": 1.5}, columns=columns | {"duration_ms": "end"}).end_ns == ROW["ts"] * 10**9 + 1_500_000


def test_dots_lead_into_objects_and_constants_hold_for_all_rows() -> None:
    columns = COLUMNS | {
        "input_tokens": "usage.in",
        "operation": {"value": "text_completion"},
        "name": {"value": "app"},
    }
    row = ROW | {"usage": {"in": 90}}
    for span in (one(row, columns=columns), read(parquet(row), "a.parquet", columns=columns)[0][0]):
        assert (span.name, meaning_of(span).operation) == ("app", "text_completion")
        assert meaning_of(span).tokens.input_uncached == 30


def test_an_error_text_makes_a_row_an_error() -> None:
    assert one(ROW | {"error": ""}).status == "unset"
    span = one(ROW | {"error": "timeout"})
    assert (span.status, span.status_message, meaning_of(span).model_resolved) == ("error", "timeout", None)


@pytest.mark.parametrize(
    ("word", "status"), [("OK", "ok"), ("success", "ok"), ("Failed", "error"), (2, "error"), (1.0, "ok")]
)
def test_a_status_is_a_word_or_its_number(word: Any, status: str) -> None:
    assert one(ROW | {"st": word}, columns=COLUMNS | {"status": "st"}).status == status


def test_conversations_and_documents_are_read() -> None:
    messages = [{"role": "system", "content": "Be short."}, {"role": "user", "content": "How long?"}]
    documents = ["Two years.", {"title": "Terms", "content": "See page 2."}]
    as_text = (orjson.dumps(messages).decode(), orjson.dumps(documents).decode())
    for asked, found in ((messages, documents), as_text):
        row = ROW | {"prompt": asked, "docs": found}
        meaning = meaning_of(one(row, columns=COLUMNS | {"documents": "docs"}))
        assert meaning.input == "How long?"
        assert orjson.loads(meaning.input_messages or "") == messages
        assert [(each.title, each.content) for each in meaning.documents or ()] == [
            (None, "Two years."),
            ("Terms", "See page 2."),
        ]


@pytest.mark.parametrize("asked", ['{"a": 1}', '["x"]', "[not json", '[{"a": 1}]'])
def test_a_text_that_looks_like_json_stays_a_text(asked: str) -> None:
    assert meaning_of(one(ROW | {"prompt": asked})).input == asked


def test_ids_of_any_shape_become_opentelemetrys() -> None:
    columns = COLUMNS | {"span_id": "span", "parent_span_id": "parent"}
    app, step = (one(ROW | {"span": span, "parent": parent}, columns=columns) for span, parent in ((1, None), (2, 1)))
    assert (app.parent_span_id, step.parent_span_id) == (None, app.span_id)
    assert app.trace_id == step.trace_id
    # a column of whole numbers with a gap is one of floats in many tables
    floats = one(ROW | {"span": 2.0, "parent": 1.0}, columns=columns)
    assert (floats.span_id, floats.parent_span_id) == (step.span_id, app.span_id)


def test_without_an_id_a_row_is_known_by_what_it_says() -> None:
    assert one(ROW).span_id == one(dict(reversed(ROW.items())) | {"more": 1}).span_id
    status = {"columns": COLUMNS | {"status": {"column": "st", "optional": True}}}
    others = [ROW | {"answer": "Three."}, ROW | {"took": 1}, ROW | {"error": "timeout"}, ROW | {"st": "error"}]
    assert len({one(row, **status).span_id for row in [ROW, *others]}) == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"request": None}, "trace_id is missing"),
        ({"request": " "}, "trace_id is missing"),
        ({"ts": None}, "started_at is missing"),
        ({"ts": "noon"}, "started_at is missing or no number of s"),
        ({"ts": 1e300}, "started_at is out of range"),
        ({"ts": 1_774_872_000_000}, "started_at is out of range for s"),
        ({"ts": 1_774_872}, "started_at lies before the year 2000 as s since 1970: 1774872"),
        ({"ts": -1}, "start time is missing or out of range"),
        ({"took": None}, "duration_s must be a number of at least 0"),
        ({"took": -1}, "duration_s must be a number of at least 0"),
        ({"took": "NaN"}, "duration_s must be a finite number"),
        ({"took": "inf"}, "duration_s must be a finite number"),
        ({"took": True}, "duration_s must be a finite number"),
        ({"took": "long"}, "duration_s must be a number"),
        ({"liked": "much"}, "feedback_score must be a number"),
    ],
)
def test_a_row_that_is_no_span_says_why(changes: dict[str, Any], said: str) -> None:
    spans, reasons = read(jsonl(ROW | changes, ROW))
    assert len(spans) == 1
    assert said in reasons[0]


@pytest.mark.parametrize("took", [float("nan"), float("inf"), float("-inf"), -0.5])
def test_durations_that_cannot_be_are_reasons_in_parquet_too(took: float) -> None:
    spans, reasons = read(parquet(ROW | {"took": took}, ROW), "a.parquet")
    assert len(spans) == 1
    assert reasons[0].startswith("duration_s must be")


@pytest.mark.parametrize("changes", [{"n_in": -1}, {"n_in": 1.5}, {"n_in": "many"}, {"n_out": [1]}, {"liked": 5}])
def test_numbers_that_cannot_be_quarantine_the_row(
    changes: dict[str, Any], warehouse: Warehouse, landing: Path
) -> None:
    (landing / "mapping.yaml").write_text(yaml.safe_dump(SAID))
    (landing / "rows.jsonl").write_bytes(jsonl(ROW | changes, ROW))
    report = land(landing, warehouse, price)
    assert (report.spans, report.quarantined) == (1, 1)


def test_a_column_that_no_row_has_is_a_record_that_names_it_and_those_that_there_are() -> None:
    wrong = COLUMNS | {"input": "promt"}
    for name, data in (("a.csv", csv(ROW, ROW)), ("a.parquet", parquet(ROW, ROW))):
        spans, reasons = read(data, name, columns=wrong)
        assert spans == []
        assert len(reasons) == 1
        assert (
            "app/mapping.yaml names columns that are not there: promt (as input); the file has request, ts"
            in reasons[0]
        )
    spans, reasons = read(jsonl(ROW, ROW | {"request": "r-2"}), columns=wrong)
    assert len(spans) == 2
    assert "promt (as input); the file has request, ts, took, model, prompt" in reasons[0]


def test_rows_of_json_may_lack_what_others_have() -> None:
    less = {name: value for name, value in ROW.items() if name not in ("feature", "liked")}
    spans, reasons = read(jsonl(less, ROW))
    assert (len(spans), reasons) == (2, [])


def test_lines_that_are_no_rows_cost_only_themselves() -> None:
    spans, reasons = read(
        jsonl(ROW, b'{"request": "\xff"}', b"7", b"[1, 2]", ROW | {"request": "b"}) + b'{"request": "c"'
    )
    assert len(spans) == 2
    assert len(reasons) == 5
    packed = gzip.compress(jsonl(*[ROW | {"request": f"r{i}"} for i in range(5000)]))
    spans, reasons = read(packed[: len(packed) // 2], "a.jsonl.gz")
    assert 0 < len(spans) < 5000
    assert reasons == ["gzip ends before its end mark: the file was cut or is still being written"]


CSV = b'request,ts,took,prompt\nr-1,1774872000,0.25,"How\n\nlong?"\n'
FEW = {"trace_id": "request", "started_at": "ts", "duration_s": "took", "input": "prompt"}


def test_counts_of_a_column_with_gaps_are_whole_numbers_all_the_same() -> None:
    for name, data in (("a.csv", csv(ROW | {"n_in": 100.0})), ("a.parquet", parquet(ROW | {"n_in": 100.0}))):
        assert meaning_of(read(data, name)[0][0]).tokens.input_uncached == 40
    text = CSV.replace(b"prompt", b"prompt,n").replace(b'long?"', b'long?",100.0')
    assert meaning_of(read(text, "a.csv", columns=FEW | {"model": "n", "input_tokens": "n"})[0][0]).tokens == Tokens(
        input_uncached=100
    )


def test_what_is_no_number_in_a_table_is_not_told() -> None:
    gaps = dict.fromkeys(("n_in", "n_cached", "n_out", "liked"), float("nan"))
    ((span,), reasons) = read(parquet(ROW | gaps), "a.parquet")
    assert reasons == []
    assert meaning_of(span).tokens == Tokens()
    assert application_columns(span.attributes)["feedback_score"] is None


def test_a_value_in_csv_may_have_lines_even_blank_ones() -> None:
    for data in (CSV, b"\xef\xbb\xbf" + CSV, CSV.replace(b"\n", b"\r\n"), CSV[:-1]):
        ((span,), reasons) = read(data, "a.csv", columns=FEW)
        assert reasons == []
        assert (meaning_of(span).input or "").replace("\r", "") == "How\n\nlong?"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (b"r-2,1,2", "the row has 3 values, and the first line names 4 columns"),
        (b"r-2,1,2,3,4", "the row has 5 values"),
        (b"r-2,1774872000,1,\xff", "no UTF-8"),
        (b'r-2,1774872000,1,"a"b', "no CSV: "),
        (b"r-2,1774872000,1," + b"x" * 200_000, "no CSV: field larger than field limit"),
        (b"r-2,1774872000,,x", "duration_s must be a number"),
    ],
)
def test_a_line_of_csv_that_is_no_row_costs_only_itself(row: bytes, said: str) -> None:
    spans, reasons = read(CSV + row + b"\nr-3,1774872000,1,again\n", "a.csv", columns=FEW)
    assert [meaning_of(span).input for span in spans] == ["How\n\nlong?", "again"]
    assert len(reasons) == 1
    assert said in reasons[0]


def test_csv_whose_last_value_has_no_end_is_said() -> None:
    spans, reasons = read(CSV + b'r-2,1774872000,1,"open\n', "a.csv", columns=FEW)
    assert len(spans) == 1
    assert reasons == ["no CSV: unexpected end of data"]


def test_a_cut_csv_gives_the_rows_before_the_cut() -> None:
    packed = gzip.compress(CSV + b"".join(b"r-%d,1774872000,1,x\n" % i for i in range(20000)))
    spans, reasons = read(packed[: len(packed) // 2], "a.csv.gz", columns=FEW)
    assert 0 < len(spans) < 20000
    assert any("gzip ends before its end mark" in reason for reason in reasons)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_cut_parquet_file_is_one_record(share: float) -> None:
    data = parquet(*[ROW | {"request": f"r{i}"} for i in range(50)])
    spans, reasons = read(data[: int(len(data) * share)], "a.parquet")
    assert spans == []
    assert len(reasons) == 1
    assert "the Parquet file was cut or is damaged from here on" in reasons[0]


def test_damage_within_parquet_loses_no_row_before_it() -> None:
    data = bytearray(parquet(*[ROW | {"request": f"r{i}" * 50} for i in range(400)]))
    place = len(data) // 4  # well before the metadata at the end
    data[place : place + 400] = b"\xff" * 400
    spans, reasons = read(bytes(data), "a.parquet")
    assert 50 < len(spans) < 350
    assert len(reasons) == 1
    assert "the Parquet file was cut or is damaged" in reasons[0]


def test_text_in_parquet_that_is_no_utf8_costs_only_its_row() -> None:
    table = pa.Table.from_pylist([ROW, ROW | {"request": "r-2"}])
    wrong = pa.array([b"\xff\xfe", b"fine"], pa.binary()).view(pa.string())
    table = table.set_column(table.schema.get_field_index("prompt"), "prompt", wrong)
    file = io.BytesIO()
    pq.write_table(table, file)
    spans, reasons = read(file.getvalue(), "a.parquet")
    assert [meaning_of(span).input for span in spans] == ["fine"]
    assert len(reasons) == 1


def test_types_that_only_tables_have_are_kept_as_text() -> None:
    row = ROW | {"prompt": b"bytes", "answer": Decimal("1.5"), "user": datetime(2026, 3, 30, tzinfo=UTC)}
    spans, reasons = read(parquet(row), "a.parquet")
    assert reasons == []
    assert meaning_of(spans[0]).output == "1.5"


def test_rows_that_landed_are_days(landing: Path, warehouse: Warehouse, landed: Callable[[], LandingReport]) -> None:
    app = landing / "app"
    lay(app, "spans.jsonl", trace("t1"))  # a format of its own, whatever mapping stands above it
    (app / "mapping.yaml").write_text(yaml.safe_dump(SAID))
    future = ROW | {"request": "later", "ts": 1_924_992_000}
    (app / "2026-03-30.jsonl").write_bytes(jsonl(ROW, ROW, ROW | {"request": "r-2", "model": "free-1"}, future))
    (app / "2026-03-30.parquet").write_bytes(parquet(ROW))
    (landing / "other.csv").write_bytes(csv(ROW))  # no mapping holds for it
    report = landed()
    assert (report.ignored, report.refused) == (("other.csv",), ())
    assert (report.records, report.spans, report.quarantined, report.unpriced_calls) == (7, 6, 1, 1)
    (day,) = compile_days(["2026-03-30"], warehouse)
    assert (day.written, day.duplicates, day.conflicting) == (4, 2, 0)
    rows = warehouse.read(PRODUCTION_TRACES, "2026-03-30").to_pylist()
    mine = next(row for row in rows if row["source"] == "columns" and row["model_requested"] == "gpt-4o")
    assert (mine["is_entry"], mine["feature"], mine["duration_ms"], mine["cost_usd"]) == (
        True,
        "qa",
        250.0,
        Decimal("0.000105"),  # 40 + 60 in and 5 out, a millionth each
    )
    assert landed().read == ()


def test_a_file_is_read_again_when_its_mapping_changes(
    landing: Path, warehouse: Warehouse, landed: Callable[[], LandingReport]
) -> None:
    mapping = landing / "mapping.yaml"
    mapping.write_text(yaml.safe_dump(SAID))
    (landing / "a.csv").write_bytes(csv(ROW))
    lay(landing, "spans.jsonl", trace("t1"))
    assert landed().read == ("a.csv", "spans.jsonl")
    mapping.write_text(yaml.safe_dump(SAID | {"source": "my-app", "columns": COLUMNS | {"feature": {"value": "all"}}}))
    assert landed().read == ("a.csv",)
    (row,) = warehouse.read(LANDED_SPANS, file_partition("a.csv")).to_pylist()
    assert (row["source"], row["feature"]) == ("my-app", "all (feature)")
    assert landed().read == ()


def test_a_wrong_mapping_holds_up_only_its_own_files(
    landing: Path, warehouse: Warehouse, landed: Callable[[], LandingReport]
) -> None:
    (landing / "a").mkdir()
    (landing / "a" / "mapping.yaml").write_text(yaml.safe_dump({"columns": COLUMNS | {"modle": "m"}}))
    for name in ("a/1.csv", "a/2.csv"):
        (landing / name).write_bytes(csv(ROW))
    lay(landing, "spans.jsonl", trace("t1"))
    report = landed()
    assert report.read == ("spans.jsonl",)
    (said,) = report.refused
    assert said.startswith("a/mapping.yaml: columns.modle: no such field; there are trace_id")


def test_a_mapping_may_be_set_for_all_that_have_none(landing: Path, warehouse: Warehouse, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(yaml.safe_dump(SAID))
    (landing / "rows.jsonl").write_bytes(jsonl(ROW))
    lay(landing, "spans.jsonl", trace("t1"))
    report = land(landing, warehouse, price, mapping=own)
    assert (report.spans, report.quarantined) == (3, 0)
    own.unlink()
    assert "LLM_EVAL_TRACE_MAPPING" in land(landing, warehouse, price, mapping=own).refused[0]


def test_a_column_that_is_not_there_is_in_the_quarantine(
    landing: Path, warehouse: Warehouse, landed: Callable[[], LandingReport]
) -> None:
    (landing / "mapping.yaml").write_text(yaml.safe_dump(SAID | {"columns": COLUMNS | {"input": "promt"}}))
    (landing / "a.parquet").write_bytes(parquet(ROW, ROW))
    assert landed().quarantined == 1
    (row,) = warehouse.read(QUARANTINE, file_partition("a.parquet")).to_pylist()
    assert row["reason"].startswith("mapping.yaml names columns that are not there: promt (as input)")


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(-(2**63), 2**63 - 1), st.floats(), st.text(max_size=6))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
ORIGIN = Origin(
    source="columns", file="a", arrived_at=datetime(2026, 4, 1, tzinfo=UTC), latest=datetime(2026, 4, 2, tzinfo=UTC)
)
EVERY = COLUMNS | {
    name: name
    for name in ("span_id", "parent_span_id", "name", "operation", "status", "documents", "session_id", "finish_reason")
}


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(sorted(each if isinstance(each, str) else each["column"] for each in EVERY.values())), ANYTHING)
def test_any_value_in_any_column_is_a_row_or_a_reason(column: str, value: Any) -> None:
    data = jsonl({"span_id": "s", **ROW, column: value})
    for record in reader(columns=EVERY).records(io.BytesIO(data), "a.jsonl"):
        assert record.size() >= len(record.raw()) > 0
        with suppress(BadSpanError):
            span_row(record.span(), record.line, record.part, ORIGIN, price)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200), st.sampled_from(["a.csv", "a.parquet", "a.jsonl", "a.json", "a.csv.gz"]))
def test_any_bytes_are_rows_or_reasons(data: bytes, name: str) -> None:
    for prefix in (b"", CSV):
        for record in reader(columns=FEW).records(io.BytesIO(prefix + data), name):
            assert record.size() >= len(record.raw())
            with suppress(BadSpanError):
                record.span()


def test_a_row_that_is_nested_too_deeply_is_a_reason() -> None:
    deep = b'{"a":' * 600 + b"1" + b"}" * 600
    spans, reasons = read(orjson.dumps(ROW | {"prompt": "DEEP"}).replace(b'"DEEP"', deep))
    assert spans == []
    assert "cannot be kept as JSON" in reasons[0]
