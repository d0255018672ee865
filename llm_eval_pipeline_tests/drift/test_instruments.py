"""The instruments: what each shows of a week, which rows count, and which are unscored or left out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from llm_eval_pipeline.drift.instruments import JUDGED_BY_THE_JUDGE, OF_INPUTS, Observed, metrics, observe
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline_tests.drift.weeks import (
    ANCHORS,
    CANARY,
    FIRST,
    REQUESTS_A_DAY,
    TRACES,
    lay_anchors,
    lay_canary,
    lay_production,
    lay_weeks,
    trace,
)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(str(tmp_path))


def rows_of(observed: Observed, metric: str, where: str = "all") -> int:
    return int(np.sum(observed[where][metric][1]))


def test_every_instrument_watches_quality_and_no_count_is_watched() -> None:
    watched = metrics()
    assert {name for name in watched if name.endswith("/quality_score")} == {
        "production/quality_score",
        "canary/quality_score",
        "anchors/quality_score",
    }
    assert PRODUCTION_METRICS["requests"].kind == "count"
    assert "production/requests" not in watched


def test_names_of_special_metrics_are_names_of_metrics() -> None:
    names = {name.partition("/")[2] for name in metrics()}
    assert names >= JUDGED_BY_THE_JUDGE | OF_INPUTS


def test_what_is_bad_is_better_lower_and_what_is_neither_has_no_better() -> None:
    better = {name: metric.better for name, metric in metrics().items()}
    assert better["canary/latency_ms"] == better["production/error_rate"] == better["canary/cost_usd"] == "lower"
    assert better["production/feedback"] == better["canary/format_compliance"] == "higher"
    assert better["production/input_tokens"] is better["canary/refusal_rate"] is better["canary/error_category"] is None


def test_only_production_draws_other_items_each_week() -> None:
    assert all(metric.same_items == (not name.startswith("production/")) for name, metric in metrics().items())


def test_a_week_shows_all_three_over_all_rows_and_by_slice(warehouse: Warehouse) -> None:
    lay_weeks(warehouse, [FIRST])
    observed = observe(warehouse, FIRST)
    assert sorted(observed) == ["all", "feature=json", "feature=qa", "model=large", "model=mini"]
    assert rows_of(observed, "production/latency_ms") == 7 * REQUESTS_A_DAY
    assert rows_of(observed, "production/latency_ms", "model=mini") == 7 * REQUESTS_A_DAY // 2
    assert rows_of(observed, "production/quality_score") == TRACES
    assert rows_of(observed, "production/quality_score", "feature=json") == TRACES // 2
    assert rows_of(observed, "canary/quality_score") == CANARY
    assert rows_of(observed, "canary/quality_score", "model=large") == CANARY // 2
    assert rows_of(observed, "anchors/quality_score") == ANCHORS
    assert "anchors/quality_score" not in observed["model=large"]
    assert set().union(*observed.values()) <= set(metrics())


def test_examples_outside_the_canary_are_not_the_instruments(warehouse: Warehouse) -> None:
    lay_canary(warehouse, FIRST, split="regression")
    lay_anchors(warehouse, FIRST)
    assert not [name for name in observe(warehouse, FIRST)["all"] if name.startswith("canary/")]


@pytest.mark.parametrize(
    "missing", ["model_outputs", "judge_scores", "safety_scores", "text_scores", "prediction_table"]
)
def test_an_evaluation_that_is_not_finished_shows_no_canary(warehouse: Warehouse, missing: str) -> None:
    lay_canary(warehouse, FIRST)
    lay_anchors(warehouse, FIRST)
    table = next(t for t in vars(schema).values() if getattr(t, "name", None) == missing)
    Path(warehouse.path(table, FIRST)).unlink()
    assert list(observe(warehouse, FIRST)["all"]) == ["anchors/quality_score"]


def test_an_unscored_row_stays_as_unscored(warehouse: Warehouse) -> None:
    traces = [trace(FIRST, 0, 0.9), trace(FIRST, 1, None)]
    warehouse.write(schema.TRACE_SCORES, FIRST, traces)
    values, counts = observe(warehouse, FIRST)["all"]["production/quality_score"]
    assert (values, counts) == ([0.9, None], [1, 1])


def test_the_category_of_an_unscored_row_is_unknown_unless_something_was_found(warehouse: Warehouse) -> None:
    unsafe = trace(FIRST, 2, None, error_category="unsafe_content")
    warehouse.write(schema.TRACE_SCORES, FIRST, [trace(FIRST, 0, 0.9), trace(FIRST, 1, None), unsafe])
    assert observe(warehouse, FIRST)["all"]["production/error_category"][0] == ["none", None, "unsafe_content"]


def test_rows_that_a_metric_does_not_speak_of_are_left_out(warehouse: Warehouse) -> None:
    traces = [trace(FIRST, 0, 0.9), trace(FIRST, 1, 0.9, is_safe=False, grounded=None, refused="partial")]
    warehouse.write(schema.TRACE_SCORES, FIRST, [*traces, trace(FIRST, 2, 0.9, is_safe=None, refused=None)])
    observed = observe(warehouse, FIRST)["all"]
    assert observed["production/safety_violation_rate"][0] == [False, True]
    assert observed["production/hallucination_rate"][0] == [False, False]
    assert observed["production/refusal_rate"][0] == [False, True]


def test_a_trace_that_was_added_because_it_went_wrong_does_not_tilt_the_week(warehouse: Warehouse) -> None:
    warehouse.write(schema.TRACE_SCORES, FIRST, [trace(FIRST, 0, 0.9), trace(FIRST, 1, 0.1, weight=None)])
    assert observe(warehouse, FIRST)["all"]["production/quality_score"][0] == [0.9]


def test_judged_traces_count_by_how_many_they_stand_for(warehouse: Warehouse) -> None:
    common = [trace(FIRST, number, 0.9, weight=8.0) for number in range(400)]
    rare = [trace(FIRST, number, 0.1, weight=2.0) for number in range(400, 800)]
    warehouse.write(schema.TRACE_SCORES, FIRST, [*common, *rare])
    values, _ = observe(warehouse, FIRST)["all"]["production/quality_score"]
    assert values.count(0.9) == 400
    # each of the rare is kept with a chance of 2 / 8: 100 of them, give or take three times √(400 · 1/4 · 3/4) = 8.7
    assert values.count(0.1) == pytest.approx(100, abs=26)


def test_a_late_call_has_no_latency_of_its_week_and_an_error_counts(warehouse: Warehouse) -> None:
    lay_canary(warehouse, FIRST, called_late=True, error="m: 500")
    observed = observe(warehouse, FIRST)
    assert "canary/latency_ms" not in observed["all"]
    assert set(observed["all"]["canary/error_rate"][0]) == {True}
    assert rows_of(observed, "canary/output_tokens") == CANARY


def test_an_instrument_without_rows_is_absent(warehouse: Warehouse) -> None:
    lay_anchors(warehouse, FIRST)
    assert list(observe(warehouse, FIRST)) == ["all", "feature=qa"]


def test_some_days_are_enough_and_add_up(warehouse: Warehouse) -> None:
    lay_production(warehouse, FIRST)
    for file in sorted(Path(warehouse.root).glob("trace_profiles/day=*/rows.parquet"))[2:]:
        file.unlink()
    assert rows_of(observe(warehouse, FIRST), "production/latency_ms") == 2 * REQUESTS_A_DAY


def test_a_week_without_anything_is_an_error_that_says_what_to_make(warehouse: Warehouse) -> None:
    with pytest.raises(MissingPartitionError, match=r"week 2026-01-05 \(2026-W02\) has neither .* materialise"):
        observe(warehouse, FIRST)
