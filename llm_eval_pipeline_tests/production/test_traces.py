from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from llm_eval_pipeline.production.completeness import lacking, stale_days
from llm_eval_pipeline.production.landing import LandingReport
from llm_eval_pipeline.production.schema import INGEST_COMPLETENESS, PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import NoSpansError, compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, hex_id, lay, span, trace

Land = Callable[[], LandingReport]
NEXT = "2026-03-31"


def rows_of(warehouse: Warehouse, day: str = DAY) -> dict[tuple[str, str], dict]:
    found = warehouse.read(PRODUCTION_TRACES, day).to_pylist()
    return {(row["trace_id"], row["name"]): row for row in found}


def test_copies_are_counted_and_kept_once(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{DAY}.jsonl", trace("t1"), trace("t1"), trace("t2"))
    lay(landing, f"{NEXT}.jsonl", trace("t2"), trace("t3"))
    landed()
    (report,) = compile_days([DAY], warehouse)
    assert (report.parsed, report.written, report.duplicates, report.conflicting) == (10, 6, 4, 0)
    assert report.late == 2  # t3 came with the next day's file; the copies of t2 did not count
    books = {row["file"]: row for row in warehouse.read(INGEST_COMPLETENESS, DAY).to_pylist()}
    assert books[f"{NEXT}.jsonl"]["written"] == 2
    assert all(row["parsed"] == row["written"] + row["duplicates"] + row["conflicting"] for row in books.values())


def test_of_copies_that_differ_the_first_to_arrive_stays(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{DAY}.jsonl", [span("t1", "a", ms=100)])
    lay(landing, f"{NEXT}.jsonl", [span("t1", "a", ms=900)])
    landed()
    (report,) = compile_days([DAY], warehouse)
    assert (report.written, report.duplicates, report.conflicting) == (1, 0, 1)
    assert rows_of(warehouse)[hex_id("t1", 32), "a"]["duration_ms"] == 100


def test_a_late_file_changes_only_the_days_that_it_holds(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{DAY}.jsonl", trace("t1"))
    lay(landing, f"{NEXT}.jsonl", trace("t2", at=f"{NEXT}T01:00:00"))
    landed()
    assert stale_days(warehouse) == [DAY, NEXT]
    compile_days([DAY, NEXT], warehouse)
    assert stale_days(warehouse) == []
    other = Path(warehouse.path(PRODUCTION_TRACES, NEXT)).read_bytes()
    lay(landing, "2026-04-01.jsonl", trace("t3"))
    landed()
    assert stale_days(warehouse) == [DAY, NEXT]  # what crossed the midnight between them may begin there now
    (report,) = compile_days([DAY], warehouse)
    assert (report.written, report.late) == (4, 2)
    compile_days([NEXT], warehouse)
    assert Path(warehouse.path(PRODUCTION_TRACES, NEXT)).read_bytes() == other


def test_a_root_that_lands_late_makes_the_day_after_it_stale_too(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    lay(landing, f"{NEXT}.jsonl", [span("t1", "chat", at=f"{NEXT}T00:00:01", parent="pipeline")])
    landed()
    compile_days([NEXT], warehouse)
    assert [row["is_entry"] for row in rows_of(warehouse, NEXT).values()] == [True]
    lay(landing, f"{DAY}.jsonl", [span("t1", "pipeline", at=f"{DAY}T23:59:59")])
    landed()
    compile_days(stale_days(warehouse), warehouse)
    assert [row["is_entry"] for row in rows_of(warehouse, NEXT).values()] == [False]
    assert stale_days(warehouse) == []


def test_a_day_whose_books_an_older_version_kept_is_stale(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{DAY}.jsonl", trace("t1"))
    landed()
    compile_days([DAY], warehouse)
    path = warehouse.path(INGEST_COMPLETENESS, DAY)
    pq.write_table(pq.read_table(path).drop_columns(["expected"]), path)
    assert stale_days(warehouse) == [DAY]


def test_how_late_is_late_can_be_chosen(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{NEXT}.jsonl", trace("t1"))
    landed()
    assert compile_days([DAY], warehouse)[0].late == 2
    assert compile_days([DAY], warehouse, late_after=timedelta(days=1))[0].late == 0


def test_spans_inherit_from_the_root_even_across_midnight(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    root = span("t1", "pipeline", at=f"{DAY}T23:59:59", llm_eval__feature="search", session__id="s1")
    own = span("t1", "own", at=f"{NEXT}T00:00:01", parent="pipeline", feature="other")
    child = span("t1", "chat", at=f"{NEXT}T00:00:01", parent="pipeline")
    lay(landing, f"{DAY}.jsonl", [root])
    lay(landing, f"{NEXT}.jsonl", [own, child])
    landed()
    compile_days([NEXT], warehouse)
    rows = rows_of(warehouse, NEXT)
    assert [rows[hex_id("t1", 32), name]["feature"] for name in ("own", "chat")] == ["other", "search"]
    assert rows[hex_id("t1", 32), "chat"]["session_id"] == "s1"
    assert not any(row["is_entry"] for row in rows.values())


def test_days_compiled_together_are_as_days_compiled_alone(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    # the feature stands only on a span of the day after, which the day before must not see
    lay(landing, f"{DAY}.jsonl", [span("t1", "a", at=f"{DAY}T23:59:59"), *trace("t2")])
    lay(landing, f"{NEXT}.jsonl", [span("t1", "b", at=f"{NEXT}T00:00:01", parent="a", feature="search")], trace("t2"))
    landed()
    together = compile_days([NEXT, DAY], warehouse)
    path = Path(warehouse.path(PRODUCTION_TRACES, DAY))
    bytes_together = path.read_bytes()
    alone = [*compile_days([DAY], warehouse), *compile_days([NEXT], warehouse)]
    assert alone == together
    assert path.read_bytes() == bytes_together
    assert rows_of(warehouse)[hex_id("t1", 32), "a"]["feature"] is None


def test_the_entry_of_a_trace_whose_root_is_elsewhere_is_its_first_span(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    spans = [span("t1", "a", parent="gateway", ms=900), span("t1", "b", parent="a")]
    lay(landing, f"{DAY}.jsonl", spans, trace("t2"))
    landed()
    compile_days([DAY], warehouse)
    assert sorted(name for (_, name), row in rows_of(warehouse).items() if row["is_entry"]) == ["a", "pipeline"]


def test_a_parent_that_no_file_holds_is_missing_and_expected(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    # of t2 the root was cut off, which its two children name: one span is missing
    cut = [span("t2", name, parent="pipeline") for name in ("retrieve", "chat")]
    lay(landing, f"{DAY}.jsonl", trace("t1"), cut)
    landed()
    (report,) = compile_days([DAY], warehouse)
    assert (report.expected, report.read, report.parsed, report.missing) == (5, 4, 4, 1)
    lay(landing, f"{NEXT}.jsonl", [trace("t2")[0]])
    landed()
    (healed,) = compile_days([DAY], warehouse)
    assert (healed.expected, healed.read, healed.missing, healed.late) == (5, 5, 0, 1)


def test_a_parent_of_the_day_before_is_not_missing(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{DAY}.jsonl", [span("t1", "pipeline", at=f"{DAY}T23:59:59")])
    lay(landing, f"{NEXT}.jsonl", [span("t1", "chat", at=f"{NEXT}T00:00:01", parent="pipeline")])
    landed()
    assert [day.missing for day in compile_days([DAY, NEXT], warehouse)] == [0, 0]


def test_what_is_quarantined_is_booked_on_the_files_own_day(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, f"{NEXT}.jsonl", trace("t1"), b"broken")
    landed()
    assert stale_days(warehouse) == [DAY, NEXT]
    first, second = compile_days([DAY, NEXT], warehouse, allow_empty=True)
    assert (first.written, first.quarantined) == (2, 0)
    assert (second.written, second.quarantined, second.files) == (0, 1, 1)
    assert (second.expected, second.read, second.parsed) == (1, 1, 0)
    assert stale_days(warehouse) == []


def test_a_day_without_spans_is_an_error_that_names_it(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    with pytest.raises(NoSpansError, match="none has any yet"):
        compile_days([DAY], warehouse)
    lay(landing, f"{DAY}.jsonl", trace("t1"))
    landed()
    with pytest.raises(NoSpansError, match=rf"no spans of {NEXT} have landed.*/inbox.*{DAY} to {DAY}"):
        compile_days([DAY, NEXT], warehouse, landing="/inbox")
    assert not warehouse.exists(PRODUCTION_TRACES, DAY)
    (report,) = compile_days([NEXT], warehouse, allow_empty=True)
    assert (report.parsed, report.files) == (0, 0)
    assert len(warehouse.read(PRODUCTION_TRACES, NEXT)) == 0


@pytest.mark.parametrize("what", ["missing", "open", "quarantined"])
def test_more_than_the_allowed_share_that_lacks_is_said(what: str) -> None:
    none = {"expected": 100, "missing": 0, "open": 0, "quarantined": 0}
    assert lacking([none | {what: 5}], 0.05) is None
    assert lacking([none | {what: 6}], 0.05) == f"of 100 expected: 6 {what}"
    assert lacking([none | {what: 3}, none | {"open": 8}], 0.05) is not None


def test_a_day_that_expected_nothing_lacks_nothing() -> None:
    assert lacking([], 0.05) is None
