"""Four weeks of the sample through Dagster, twice: what is stored, that it adds up, and that it stays as it is."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.datasets.schema import EVAL_DATASET, PROMOTED_EXAMPLES
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.production import schema as production
from llm_eval_pipeline.sample import LaidSample, lay_sample
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of
from llm_eval_pipeline_tests.defs.in_dagster import Dagster, Ran, digests, ship

SHIPPED = REPOSITORY / "data"
NOW = datetime(2024, 3, 6, tzinfo=UTC)
"""The sample's first four weeks, from 2026-01-05 on, are laid 700 days earlier: their last one ends on 2024-03-03."""
WEEKS = ["2024-02-05", "2024-02-12", "2024-02-19", "2024-02-26"]
DAYS = [day for week in WEEKS for day in days_of(week)]
LARGE, MINI = "sample/extractive-large", "sample/extractive-mini"
JUDGED = 30
EVERY = 5
"""One curated example in so many is kept."""
DAMAGED = "2024-02-13.damaged.otlp.jsonl"
SCORED = (schema.MODEL_OUTPUTS, schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES, schema.PREDICTION_TABLE)
WEEKLY = (
    *(EVAL_DATASET, PROMOTED_EXAMPLES, COST_SUMMARY, WEEKLY_DRIFT_REPORT, *SCORED),
    *(schema.AGGREGATE_METRICS, schema.FAILURE_TABLE, schema.ANCHOR_SCORES, schema.TRACE_SCORES),
    *(schema.JUDGE_QUALITY, schema.CORRECTED_METRICS),
    *(schema.MODEL_COMPARISON, schema.WEEKLY_CHANGES),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """The loop run twice, with the digests of the files after each time."""

    dagster: Dagster
    data: Path
    laid: LaidSample
    warehouse: Warehouse
    first: list[Ran]
    second: list[Ran]
    after_first: dict[str, str]
    after_second: dict[str, str]
    replayed_first: list[bool]

    def rows(self, table: Any, key: str | None = None) -> list[dict[str, Any]]:
        return self.warehouse.read(table, key).to_pylist()

    def of_all(self, table: Any, keys: list[str]) -> list[dict[str, Any]]:
        return [row for key in keys for row in self.rows(table, key)]


@pytest.fixture(scope="module")
def loop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loop]:
    folder = tmp_path_factory.mktemp("weeks")
    data = ship(folder / "data", but=("prices.yaml",))
    write_prices(data / "prices.yaml", without=MINI)
    write_examples(data / "examples")
    traces = folder / "traces"
    traces.mkdir()
    for file in sorted((SHIPPED / "sample_traces").glob("*.otlp.jsonl.gz"))[: 7 * len(WEEKS)]:
        (traces / file.name).symlink_to(file)
    laid = lay_sample(traces, data / "landing", NOW)
    (data / "landing" / DAMAGED).write_text("\n".join(damaged_lines()))
    settings = {
        "LLM_EVAL_DATA_DIR": str(data),
        "LLM_EVAL_BASELINE_WEEKS": "2",
        "LLM_EVAL_JUDGE_SAMPLE": str(JUDGED),
        "LLM_EVAL_WANDB": "off",
        "LLM_EVAL_MLFLOW": "off",
    }
    warehouse = Warehouse(str(data / "warehouse"))
    with Dagster(folder / "home", settings) as dagster:
        first = run_loop(dagster)
        after_first = made(data)
        replayed_first = [
            row["replayed"] for week in WEEKS for row in warehouse.read(schema.MODEL_OUTPUTS, week).to_pylist()
        ]
        second = run_loop(dagster)
        yield Loop(
            dagster=dagster,
            data=data,
            laid=laid,
            warehouse=warehouse,
            first=first,
            second=second,
            after_first=after_first,
            after_second=made(data),
            replayed_first=replayed_first,
        )


def run_loop(dagster: Dagster) -> list[Ran]:
    """The days, their judged traces, what the sensor promotes of them, and the weeks."""
    return [
        dagster.run("daily_ingest", DAYS[0], DAYS[-1]),
        dagster.run("weekly_drift", WEEKS[0], WEEKS[-1], ["trace_scores"]),
        *dagster.tick("trace_promotion_sensor"),
        dagster.run("weekly_drift", WEEKS[0], WEEKS[-1]),
    ]


def made(data: Path) -> dict[str, str]:
    """Digests of the warehouse and of the dashboard."""
    return digests(data / "warehouse") | {f"dashboard/{n}": d for n, d in digests(data / "dashboard").items()}


def write_prices(file: Path, *, without: str) -> None:
    prices = yaml.safe_load((SHIPPED / "prices.yaml").read_text())["prices"]
    kept = [price for price in prices if price["model"] != without]
    assert len(kept) == len(prices) - 1
    file.write_text(yaml.safe_dump({"prices": kept}))


def write_examples(folder: Path) -> None:
    folder.mkdir()
    for file in sorted((SHIPPED / "examples").glob("*.jsonl")):
        (folder / file.name).write_text("\n".join(file.read_text().splitlines()[::EVERY]))


def damaged_lines() -> list[str]:
    """A good span, one that ends before it starts, and a line that was cut."""
    start = int(datetime(2024, 2, 13, 12, tzinfo=UTC).timestamp()) * 10**9
    good = export("a" * 16, start, start + 10**9)
    return [good, export("b" * 16, start, start - 10**9), good[: len(good) // 2]]


def export(span_id: str, start: int, end: int) -> str:
    span = {
        "traceId": "f" * 32,
        "spanId": span_id,
        "name": "pipeline",
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(end),
        "attributes": [],
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def test_every_run_succeeds(loop: Loop) -> None:
    assert len(loop.first) == len(loop.second) == 4
    assert [ran.errors for ran in (*loop.first, *loop.second)] == [{}] * 8


def test_the_sample_lies_where_the_clock_says(loop: Loop) -> None:
    assert (loop.laid.first_week, loop.laid.last_week, loop.laid.shift_weeks) == (WEEKS[0], WEEKS[-1], -100)


def test_every_table_has_every_window(loop: Loop) -> None:
    for table in WEEKLY:
        assert loop.warehouse.partitions(table) == WEEKS
        assert all(loop.rows(table, week) for week in WEEKS), f"{table.name} has a week without rows"
    for table in (production.PRODUCTION_TRACES, production.TRACE_PROFILES):
        assert loop.warehouse.partitions(table) == DAYS
        assert all(loop.rows(table, day) for day in DAYS), f"{table.name} has a day without rows"
    assert loop.rows(DRIFT_BASELINE)
    assert loop.rows(DRIFT_INCIDENTS) == []
    assert (loop.data / "dashboard" / "index.html").stat().st_size > 0


def test_running_it_all_again_changes_no_byte_but_what_says_so(loop: Loop) -> None:
    assert loop.after_first.keys() == loop.after_second.keys()
    changed = {name for name, digest in loop.after_first.items() if loop.after_second[name] != digest}
    assert changed == {f"model_outputs/week={week}/rows.parquet" for week in WEEKS}


def test_what_changes_is_that_answers_are_replayed(loop: Loop) -> None:
    assert not any(loop.replayed_first)
    assert all(row["replayed"] for row in loop.of_all(schema.MODEL_OUTPUTS, WEEKS))


def test_records_are_spans_or_in_quarantine(loop: Loop) -> None:
    files = loop.of_all(production.INGEST_FILES, loop.warehouse.partitions(production.INGEST_FILES))
    quarantine = loop.of_all(production.QUARANTINE, loop.warehouse.partitions(production.QUARANTINE))
    assert len(files) == len(DAYS) + 1
    assert all(row["records"] == row["spans"] + row["quarantined"] for row in files)
    assert len(quarantine) == sum(row["quarantined"] for row in files)
    books = loop.of_all(production.INGEST_COMPLETENESS, DAYS)
    assert all(row["parsed"] == row["written"] + row["duplicates"] + row["conflicting"] for row in books)
    assert sum(row["parsed"] for row in books) == sum(row["spans"] for row in files)
    assert sum(row["written"] for row in books) == len(loop.of_all(production.PRODUCTION_TRACES, DAYS))


def test_a_damaged_file_is_counted_and_its_raw_lines_are_kept(loop: Loop) -> None:
    (file,) = loop.rows(production.INGEST_FILES, DAMAGED)
    assert (file["records"], file["spans"], file["quarantined"]) == (3, 1, 2)
    swapped, cut = loop.rows(production.QUARANTINE, DAMAGED)
    assert (swapped["file"], swapped["line"], cut["line"]) == (DAMAGED, 2, 3)
    assert cut["raw"].decode() == damaged_lines()[2]
    assert b"b" * 16 in swapped["raw"]
    assert swapped["reason"]
    assert cut["reason"]
    assert "f" * 32 in {row["trace_id"] for row in loop.rows(production.PRODUCTION_TRACES, "2024-02-13")}


def test_a_file_with_too_much_damage_is_a_warning(loop: Loop) -> None:
    failed = {name for name, passed in loop.first[0].checks.items() if not passed}
    assert failed == {"production_traces: little_is_quarantined"}  # 2 of 3 records, and at most 5 % may be


def test_a_week_of_profiles_counts_every_request(loop: Loop) -> None:
    for day in DAYS:
        entries = sum(row["is_entry"] for row in loop.rows(production.PRODUCTION_TRACES, day))
        profiles = loop.rows(production.TRACE_PROFILES, day)
        assert sum(row["n"] for row in profiles if row["metric"] == "requests") == entries


def test_every_example_is_answered_and_scored_by_every_model(loop: Loop) -> None:
    for week in WEEKS:
        examples = {row["example_id"] for row in loop.rows(EVAL_DATASET, week)}
        for table in SCORED:
            keys = [(row["example_id"], row["model"], row["repetition"]) for row in loop.rows(table, week)]
            assert sorted(keys) == sorted((example, model, 0) for example in examples for model in (LARGE, MINI))
        failures = {(row["example_id"], row["model"]) for row in loop.rows(schema.FAILURE_TABLE, week)}
        assert failures == {
            (row["example_id"], row["model"])
            for row in loop.rows(schema.PREDICTION_TABLE, week)
            if (row["quality_score"] is not None and row["quality_score"] < 0.5) or row["is_safe"] is False
        }
        whole = [row for row in loop.rows(schema.AGGREGATE_METRICS, week) if row["feature"] == "all"]
        assert {row["n"] + row["n_unscored"] for row in whole} == {len(examples)}


def test_models_are_compared_on_every_example_and_the_first_one_named_is_the_base(loop: Loop) -> None:
    for week in WEEKS:
        rows = loop.rows(schema.MODEL_COMPARISON, week)
        assert {(row["model_base"], row["model_other"]) for row in rows} == {(LARGE, MINI)}
        (whole,) = (row for row in rows if row["feature"] == "all")
        assert whole["n"] == len(loop.rows(EVAL_DATASET, week)) == sum(r["n"] for r in rows if r["feature"] != "all")
        assert whole["wins"] + whole["ties"] + whole["losses"] == whole["n_scored"]


def test_changes_are_against_the_week_before_and_the_first_week_is_new(loop: Loop) -> None:
    assert {row["change"] for row in loop.rows(schema.WEEKLY_CHANGES, WEEKS[0])} == {"new"}
    for before, week in pairwise(WEEKS):
        keys = [
            {(r["example_id"], r["model"]) for r in loop.rows(schema.PREDICTION_TABLE, one)} for one in (before, week)
        ]
        rows = loop.rows(schema.WEEKLY_CHANGES, week)
        changes = {(row["example_id"], row["model"]): row["change"] for row in rows}
        assert changes.keys() == keys[0] | keys[1]
        assert {key for key, change in changes.items() if change == "new"} == keys[1] - keys[0]
        assert {key for key, change in changes.items() if change == "gone"} == keys[0] - keys[1]


def test_a_sample_of_traces_is_judged(loop: Loop) -> None:
    for week in WEEKS:
        rows = loop.rows(schema.TRACE_SCORES, week)
        drawn = [row["weight"] for row in rows if row["weight"] is not None]
        assert JUDGED // 2 <= len(drawn) <= len(rows) <= JUDGED
        requests = sum(row["is_entry"] for row in loop.of_all(production.PRODUCTION_TRACES, days_of(week)))
        assert 0.9 * requests < sum(drawn) <= requests  # each stands for so many, and calls that failed are not judged


def test_what_was_promoted_is_in_the_next_week_and_not_before(loop: Loop) -> None:
    accepted: set[str] = set()
    for week in WEEKS:
        fresh = {row["example_id"] for row in loop.rows(EVAL_DATASET, week) if row["split"] == "fresh"}
        assert fresh == accepted
        accepted |= {r["example_id"] for r in loop.rows(PROMOTED_EXAMPLES, week) if r["status"] == "accepted"}
    assert accepted


def test_promotion_takes_each_trace_once_and_keeps_to_its_budget(loop: Loop) -> None:
    rows = loop.of_all(PROMOTED_EXAMPLES, WEEKS)
    assert len({row["trace_id"] for row in rows}) == len(rows)
    taken = [row for row in rows if row["status"] != "rejected"]
    assert len({row["example_id"] for row in taken}) == len(taken)
    assert all(sum(r["status"] != "rejected" for r in loop.rows(PROMOTED_EXAMPLES, week)) <= 12 for week in WEEKS)


def test_the_sensor_asks_for_nothing_when_the_weekly_run_has_promoted(loop: Loop) -> None:
    assert loop.dagster.tick("trace_promotion_sensor") == []


def test_an_unpriced_model_costs_null_and_is_counted(loop: Loop) -> None:
    outputs = loop.of_all(schema.MODEL_OUTPUTS, WEEKS)
    assert {row["cost_usd"] for row in outputs if row["model"] == MINI} == {None}
    assert all(row["cost_usd"] > 0 for row in outputs if row["model"] == LARGE)
    costs = loop.of_all(COST_SUMMARY, WEEKS)
    mini = [row for row in costs if row["model"].startswith(MINI)]  # production's name has a release behind it
    assert {row["purpose"] for row in mini} == {"application", "generation"}
    assert {row["cost_usd"] for row in mini} == {None}
    assert all(row["unpriced_calls"] + row["unmetered_calls"] == row["calls"] for row in mini)
    asked = sum(row["model"] == MINI for row in outputs)
    assert sum(row["unpriced_calls"] for row in mini if row["purpose"] == "generation") == asked
    assert {row["unpriced_calls"] for row in costs if not row["model"].startswith(MINI)} == {0}
    for row in loop.of_all(schema.AGGREGATE_METRICS, WEEKS):
        if row["metric"] == "eval/cost_per_1k_requests_usd" and row["feature"] == "all":
            assert (row["value"] is None) == (row["model"] == MINI)
            assert (row["n_unscored"] > 0) == (row["model"] == MINI)


def test_baseline_weeks_say_nothing_and_later_ones_are_held_against_them(loop: Loop) -> None:
    for week in WEEKS[:2]:
        assert {row["verdict"] for row in loop.rows(WEEKLY_DRIFT_REPORT, week)} == {"no_data"}
    for week in WEEKS[2:]:
        whole = [row for row in loop.rows(WEEKLY_DRIFT_REPORT, week) if row["slice"] == "all"]
        assert {row["instrument"] for row in whole if row["verdict"] == "stable"} >= {"production", "anchors"}
        assert [row for row in whole if row["verdict"] == "drifted"] == []


@pytest.mark.parametrize(
    ("missing", "asset"), [("examples", "eval_dataset"), ("anchors", "anchor_scores"), ("landing", "production_traces")]
)
def test_what_is_missing_is_named_and_what_was_made_stays(loop: Loop, missing: str, asset: str) -> None:
    there, aside = loop.data / missing, loop.data / f"{missing}.aside"
    shutil.move(there, aside)
    try:
        job, window = ("daily_ingest", DAYS[0]) if missing == "landing" else ("weekly_drift", WEEKS[0])
        ran = loop.dagster.run(job, window, window, [asset])
    finally:
        shutil.move(aside, there)
    assert not ran.success
    assert str(there) in ran.errors[asset]
    assert made(loop.data) == loop.after_second
