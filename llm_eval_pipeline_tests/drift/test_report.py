"""The weekly report: what moved in which instrument, and so whether traffic, model or judge changed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.drift.instruments import items_of, metrics, observe
from llm_eval_pipeline.drift.report import (
    baseline_rows,
    is_pinned,
    pinned_baseline,
    pinned_items,
    report_rows,
    verdict_of,
)
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.drift.weeks import BASELINE, THEN, Moved, lay_anchors, lay_production, lay_weeks

Rows = list[dict[str, Any]]
WEEK = THEN[0]


@pytest.fixture(scope="module")
def baseline(tmp_path_factory: pytest.TempPathFactory) -> Rows:
    """Eight healthy weeks, as the warehouse gives them back."""
    warehouse = Warehouse(str(tmp_path_factory.mktemp("baseline")))
    lay_weeks(warehouse, BASELINE)
    items = items_of(warehouse, BASELINE)
    rows = baseline_rows({week: observe(warehouse, week, items) for week in BASELINE}, items, "calibrated")
    warehouse.write(DRIFT_BASELINE, None, rows)
    return warehouse.read(DRIFT_BASELINE).to_pylist()


def reported(folder: Path, baseline: Sequence[Any], moved: Moved, policy: str = "calibrated") -> Rows:
    warehouse = Warehouse(str(folder))
    lay_weeks(warehouse, [WEEK], moved)
    warehouse.write(
        WEEKLY_DRIFT_REPORT, WEEK, report_rows(WEEK, observe(warehouse, WEEK), pinned_baseline(baseline), policy)
    )
    return warehouse.read(WEEKLY_DRIFT_REPORT, WEEK).to_pylist()


def row_of(rows: Rows, instrument: str, metric: str, where: str = "all") -> dict[str, Any]:
    (row,) = (r for r in rows if (r["instrument"], r["metric"], r["slice"]) == (instrument, metric, where))
    return row


def drifted(rows: Rows) -> dict[tuple[str, str], tuple[str, str]]:
    return {
        (row["instrument"], row["metric"]): (row["direction"], row["attribution"])
        for row in rows
        if row["verdict"] == "drifted" and row["slice"] == "all"
    }


def test_a_healthy_week_drifts_nowhere(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved())
    assert [row for row in rows if row["verdict"] == "drifted"] == []
    assert row_of(rows, "canary", "quality_score")["verdict"] == "stable"
    assert {row["attribution"] for row in rows} == {None}


def test_lost_quality_that_the_canary_sees_too_is_the_model(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3, canary=0.3))
    assert drifted(rows) == {
        ("production", "quality_score"): ("degraded", "model"),
        ("canary", "quality_score"): ("degraded", "model"),
    }


def test_lost_quality_that_production_alone_sees_is_the_traffic(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3))
    assert drifted(rows) == {("production", "quality_score"): ("degraded", "traffic")}


def test_lost_quality_that_the_anchors_see_too_is_the_judge(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3, canary=0.3, anchors=0.3))
    assert drifted(rows) == {
        (instrument, "quality_score"): ("degraded", "judge") for instrument in ("production", "canary", "anchors")
    }


def test_a_moved_judge_is_no_cause_of_what_no_judge_measures(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(anchors=0.3, canary=0.3, production=0.3, canary_latency=2, latency=2))
    causes = {metric: cause for (_, metric), (_, cause) in drifted(rows).items()}
    assert causes == {"quality_score": "judge", "latency_ms": "model"}


def test_longer_prompts_are_traffic_while_the_model_changed_too(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3, canary=0.3, input_tokens=2))
    assert drifted(rows)["production", "input_tokens"] == ("changed", "traffic")
    assert drifted(rows)["production", "quality_score"] == ("degraded", "model")


@pytest.mark.parametrize(
    ("moved", "metric", "direction"),
    [
        (Moved(latency=2), "latency_ms", "degraded"),
        (Moved(latency=0.5), "latency_ms", "improved"),
        (Moved(production=-0.1), "quality_score", "improved"),
    ],
)
def test_direction_comes_from_what_is_better(
    tmp_path: Path, baseline: Rows, moved: Moved, metric: str, direction: str
) -> None:
    assert drifted(reported(tmp_path, baseline, moved)) == {("production", metric): (direction, "traffic")}


def test_a_drifted_row_has_the_numbers_that_it_rests_on(tmp_path: Path, baseline: Rows) -> None:
    row = row_of(reported(tmp_path, baseline, Moved(canary=0.3, production=0.3)), "canary", "quality_score")
    # scores 0.7, 0.75, … 0.9 in equal parts: mean 0.8, and 0.5 after 0.3 is taken away
    assert (row["baseline_mean"], row["current_mean"]) == (pytest.approx(0.8), pytest.approx(0.5))
    assert (row["n_baseline"], row["n_current"], row["window"]) == (8 * 150, 150, WEEK)
    assert row["p_adjusted"] < 0.01
    assert row["effect"] >= row["effect_floor"] > 0
    assert row["shift_p50"] == pytest.approx(-0.3)
    assert row["strict_verdict"] == "drifted"


def test_slices_are_judged_too_and_ask_the_anchors_of_the_whole(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3, canary=0.3, anchors=0.3))
    row = row_of(rows, "canary", "quality_score", "model=large")
    assert (row["verdict"], row["attribution"]) == ("drifted", "judge")
    assert not [r for r in rows if r["instrument"] == "anchors" and r["slice"].startswith("model=")]


def test_every_watched_metric_has_a_row_in_the_whole_and_what_is_absent_has_no_data(
    tmp_path: Path, baseline: Rows
) -> None:
    warehouse = Warehouse(str(tmp_path))
    lay_anchors(warehouse, WEEK)
    rows = report_rows(WEEK, observe(warehouse, WEEK), pinned_baseline(baseline), "calibrated")
    whole = [row for row in rows if row["slice"] == "all"]
    assert {f"{row['instrument']}/{row['metric']}" for row in whole} == set(metrics())
    row = row_of(rows, "canary", "quality_score")
    assert (row["verdict"], row["reason"]) == ("no_data", "the window has no rows of canary/quality_score")
    assert row_of(rows, "anchors", "quality_score")["verdict"] == "stable"


def test_without_a_canary_a_change_in_production_is_unresolved(tmp_path: Path, baseline: Rows) -> None:
    warehouse = Warehouse(str(tmp_path))
    lay_anchors(warehouse, WEEK)
    lay_production(warehouse, WEEK, Moved(production=0.3))
    rows = report_rows(WEEK, observe(warehouse, WEEK), pinned_baseline(baseline), "calibrated")
    assert drifted(rows) == {("production", "quality_score"): ("degraded", "unresolved")}


@pytest.mark.parametrize("policy", ["calibrated", "strict"])
def test_a_week_of_the_baseline_has_no_verdict_of_its_own(tmp_path: Path, baseline: Rows, policy: str) -> None:
    warehouse = Warehouse(str(tmp_path))
    lay_weeks(warehouse, BASELINE[3:4], Moved(production=0.3))
    rows = report_rows(BASELINE[3], observe(warehouse, BASELINE[3]), pinned_baseline(baseline), policy)
    said = {(row["verdict"], row["reason"], row["policy"], row["attribution"]) for row in rows}
    assert said == {("no_data", "baseline window", policy, None)}


def test_without_a_baseline_nothing_can_be_said(tmp_path: Path) -> None:
    rows = reported(tmp_path, [], Moved(production=0.3))
    assert {row["verdict"] for row in rows} == {"no_data"}
    assert row_of(rows, "anchors", "quality_score")["reason"] == "the baseline has no rows of anchors/quality_score"


def test_the_strict_policy_says_so_and_is_the_verdict(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3), "strict")
    assert {row["policy"] for row in rows} == {"strict"}
    assert all(row["verdict"] == row["strict_verdict"] for row in rows)
    assert row_of(rows, "production", "quality_score")["verdict"] == "drifted"


def test_a_row_gives_back_its_verdict_and_the_same_week_the_same_rows(tmp_path: Path, baseline: Rows) -> None:
    rows = reported(tmp_path, baseline, Moved(production=0.3))
    verdict = verdict_of(row_of(rows, "production", "quality_score"))
    assert (verdict.verdict, verdict.direction, verdict.metric) == ("drifted", "degraded", "quality_score")
    assert rows == reported(tmp_path, baseline, Moved(production=0.3))


def test_the_baseline_names_its_weeks_and_keeps_labels_apart_from_numbers(baseline: Rows) -> None:
    assert {tuple(row["weeks"]) for row in baseline} == {tuple(BASELINE)}
    row = row_of(baseline, "canary", "error_category")
    assert (row["values"], row["labels"], row["counts"]) == (None, ["none"], [8 * 150])
    assert row_of(baseline, "canary", "quality_score")["labels"] is None


def test_no_week_is_an_empty_baseline() -> None:
    assert baseline_rows({}, {}, "calibrated") == []


def test_a_canary_that_grew_is_held_to_the_items_of_the_baseline(tmp_path: Path, baseline: Rows) -> None:
    warehouse = Warehouse(str(tmp_path))
    lay_weeks(warehouse, [WEEK], Moved())
    items = pinned_items(baseline)
    kept = sorted(items["canary"])[: len(items["canary"]) * 9 // 10]
    grown = observe(warehouse, WEEK, {"canary": frozenset(kept)})["all"]["canary/quality_score"]
    whole = observe(warehouse, WEEK, items)["all"]["canary/quality_score"]
    assert 0 < len(grown[0]) < len(whole[0])


def test_a_canary_that_was_exchanged_is_silent(tmp_path: Path, baseline: Rows) -> None:
    warehouse = Warehouse(str(tmp_path))
    lay_weeks(warehouse, [WEEK], Moved())
    others = frozenset(f"other-{n}" for n in range(100))
    assert "canary/quality_score" not in observe(warehouse, WEEK, {"canary": others})["all"]


def test_a_whole_baseline_is_pinned_and_a_growing_one_or_another_policys_is_not(baseline: Rows) -> None:
    assert is_pinned(baseline, len(BASELINE), "calibrated")
    assert not is_pinned(baseline, len(BASELINE) + 1, "calibrated")
    assert not is_pinned(baseline, len(BASELINE), "strict")
    assert not is_pinned([], 1, "calibrated")
