from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import BinaryIO

import pytest

from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.production.landing import LandingReport, MissingLandingFolderError, land
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.schema import INGEST_FILES, LANDED_SPANS, QUARANTINE
from llm_eval_pipeline.production.spans import OpenSpanError, Span
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, lay, lines, price, span, trace

Land = Callable[[], LandingReport]
FILE = f"{DAY}.otlp.jsonl.gz"


def test_records_in_are_rows_out_and_quarantined(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    bad = span("t2", "bad") | {"traceId": "abc"}
    lay(landing, FILE, trace("t1"), [*trace("t2"), bad], b'{"resourceSpans": [{')
    report = landed()
    assert (report.records, report.spans, report.quarantined) == (6, 4, 2)
    quarantined = warehouse.read(QUARANTINE, file_partition(FILE)).to_pylist()
    assert [(row["line"], row["part"]) for row in quarantined] == [(2, 2), (3, 0)]
    assert quarantined[1]["raw"] == b'{"resourceSpans": [{'
    assert "traceId" in quarantined[0]["reason"]
    assert len(warehouse.read(LANDED_SPANS, file_partition(FILE))) == 4


def test_landing_again_reads_nothing_and_changes_nothing(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, FILE, trace("t1"))
    landed()
    path = Path(warehouse.path(LANDED_SPANS, file_partition(FILE)))
    before = path.read_bytes(), path.stat().st_mtime_ns
    report = landed()
    assert (report.read, report.unchanged, report.days) == ((), 1, ())
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_the_same_files_give_the_same_bytes(landing: Path, warehouse: Warehouse, landed: Land, tmp_path: Path) -> None:
    path = lay(landing, FILE, trace("t1"))
    landed()
    os.utime(path, (0, 0))
    other = Warehouse(str(tmp_path / "other"))
    land(landing, other, price)
    for table in (LANDED_SPANS, INGEST_FILES):
        one, two = (Path(each.path(table, file_partition(FILE))).read_bytes() for each in (warehouse, other))
        assert one == two


def test_a_file_that_changed_replaces_its_own_rows(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, "spans.jsonl", trace("t1"), b"broken")
    landed()
    lay(landing, "spans.jsonl", trace("t2", at="2026-03-31T08:00:00"))
    report = landed()
    assert report.days == ("2026-03-30", "2026-03-31")
    rows = warehouse.read(LANDED_SPANS, file_partition("spans.jsonl")).to_pylist()
    assert {row["day"] for row in rows} == {"2026-03-31"}
    assert len(warehouse.read(QUARANTINE, file_partition("spans.jsonl"))) == 0


def test_arrival_is_the_end_of_the_day_in_the_name_or_else_the_last_change(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    lay(landing, f"app/{FILE}", trace("t1"))
    os.utime(lay(landing, "plain.jsonl", trace("t1")), (1_774_900_000, 1_774_900_000))
    landed()
    arrived = {
        row["file"]: row["arrived_at"]
        for row in warehouse.read_many(INGEST_FILES, warehouse.partitions(INGEST_FILES)).to_pylist()
    }
    assert arrived == {
        f"app/{FILE}": datetime(2026, 3, 31, tzinfo=UTC),
        "plain.jsonl": datetime.fromtimestamp(1_774_900_000, UTC),
    }


def test_a_span_from_the_future_is_quarantined(landing: Path, landed: Land) -> None:
    lay(landing, FILE, trace("t1"), [span("t2", "late", at="2026-04-02T00:00:00")])
    report = landed()
    assert (report.spans, report.quarantined) == (2, 1)


def test_a_call_is_priced_and_one_without_a_price_is_counted(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, FILE, trace("t1", tokens=10), trace("t2", model="free-1"))
    assert landed().unpriced_calls == 1
    costs = {
        row["model_resolved"]: row["cost_usd"]
        for row in warehouse.read(LANDED_SPANS, file_partition(FILE)).to_pylist()
        if row["operation"] == "chat"
    }
    assert costs == {"m-1": Decimal("0.000015"), "free-1": None}  # 10 tokens in and 5 out


def test_an_agents_own_token_counts_are_not_paid_twice(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    lay(landing, FILE, trace("t1", gen_ai__usage__input_tokens=10, gen_ai__usage__output_tokens=5))
    landed()
    rows = warehouse.read(LANDED_SPANS, file_partition(FILE)).to_pylist()
    assert sum(row["cost_usd"] or 0 for row in rows) == Decimal("0.000015")
    assert sum(row["output_tokens"] or 0 for row in rows) == 5


def test_a_cut_file_lands_what_it_has_and_lands_again_when_it_is_whole(landing: Path, landed: Land) -> None:
    whole = gzip.compress(lines(*[trace(f"t{i}") for i in range(100)]))
    (landing / FILE).write_bytes(whole[: len(whole) // 2])
    report = landed()
    assert report.quarantined == 1
    assert 0 < report.spans < 200
    (landing / FILE).write_bytes(whole)
    assert (report := landed()).spans == 200
    assert report.quarantined == 0


def test_other_files_are_named_and_hidden_ones_passed_over(landing: Path, landed: Land) -> None:
    for name in ("notes.txt", ".hidden.jsonl", ".tmp/x.jsonl", "sample.json"):
        lay(landing, name, b"x")
    assert landed().ignored == ("notes.txt",)


def test_names_of_any_length_and_shape_have_partitions(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    names = ["a/b=c/d e.jsonl", "ä%2F*[x]?.jsonl", "x" * 200 + ".jsonl", "x" * 200 + ".json"]
    for name in names:
        lay(landing, name, trace(name))
    assert landed().spans == 8
    assert landed().unchanged == 4
    assert len(warehouse.partitions(LANDED_SPANS)) == 4


def test_no_landing_folder_is_said(tmp_path: Path, warehouse: Warehouse) -> None:
    with pytest.raises(MissingLandingFolderError, match="LLM_EVAL_TRACES"):
        land(tmp_path / "none", warehouse, price)


@dataclass(frozen=True)
class _OpenRecord:
    line: int
    part: int = 0

    def span(self) -> Span:
        raise OpenSpanError("it has no end")

    def raw(self) -> bytes:
        raise AssertionError("what is open is not quarantined")

    def size(self) -> int:
        raise AssertionError("what is open is not quarantined")


class _OpenReader:
    name = source = "open"

    def accepts(self, name: str, beginning: bytes) -> bool:
        return True

    def records(self, file: BinaryIO, name: str) -> Iterator[_OpenRecord]:
        return iter([_OpenRecord(1), _OpenRecord(2)])


def test_spans_that_have_not_ended_wait_and_are_counted(landing: Path, warehouse: Warehouse) -> None:
    (landing / "runs.jsonl").write_text("{}\n")
    report = land(landing, warehouse, price, readers=[_OpenReader()])
    assert (report.records, report.spans, report.open, report.quarantined) == (2, 0, 2, 0)


def test_a_call_that_costs_what_no_call_costs_is_quarantined(landing: Path, warehouse: Warehouse) -> None:
    def dear(model: str, tokens: BilledTokens, at: datetime) -> Decimal:
        return Decimal(tokens.input)

    lay(landing, FILE, trace("t1", tokens=999_999), trace("t2", tokens=1_000_000))
    report = land(landing, warehouse, dear)
    assert (report.spans, report.quarantined) == (3, 1)
    (row,) = warehouse.read(QUARANTINE, file_partition(FILE)).to_pylist()
    assert "would cost 1000000 USD" in row["reason"]
