"""Frames: the rows that a chart is drawn from, and empty ones that still have their columns."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

from llm_eval_pipeline.dashboards import frames

WEEK, NEXT = "2026-03-30", "2026-04-06"


def aggregate(**fields: Any) -> dict[str, Any]:
    place = {"week": WEEK, "model": "m", "feature": "all", "metric": "eval/quality_mean"}
    return {**place, "value": 0.8, "ci_low": 0.7, "ci_high": 0.9, **fields}


def verdict(**fields: Any) -> dict[str, Any]:
    place = {"window": WEEK, "instrument": "canary", "metric": "latency_ms", "slice": "all"}
    said = {"verdict": "drifted", "direction": "degraded", "attribution": "model", "reason": ""}
    return {**place, **said, "effect": 0.6, "effect_floor": 0.2, "p_adjusted": 0.001, **fields}


def trace(**fields: Any) -> dict[str, Any]:
    return {"week": WEEK, "model": "m", "quality_score": 0.5, "weight": 1.0, **fields}


def cost(**fields: Any) -> dict[str, Any]:
    place = {"week": WEEK, "feature": "qa", "purpose": "application", "cost_usd": Decimal("0.5")}
    return {**place, "calls": 100, "unpriced_calls": 0, "unmetered_calls": 0, **fields}


def test_an_aggregate_is_chosen_by_metric_and_feature_and_an_unknown_value_is_no_point() -> None:
    rows = [aggregate(), aggregate(metric="eval/bleu"), aggregate(feature="qa"), aggregate(week=NEXT, value=None)]
    frame = frames.aggregate_frame(rows, "eval/quality_mean")
    assert frame.to_dict("records") == [{"week": "2026-W14", "model": "m", "value": 0.8, "ci_low": 0.7, "ci_high": 0.9}]
    assert len(frames.aggregate_frame(rows, "eval/quality_mean", "qa")) == 1


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ({}, "degraded"),
        ({"direction": "improved"}, "improved"),
        ({"direction": None}, "changed"),
        ({"verdict": "stable", "direction": None}, "stable"),
        ({"verdict": "low_power", "direction": None}, "low_power"),
        ({"verdict": "no_data", "direction": None}, "no_data"),
        ({"verdict": "no_data", "direction": None, "reason": "baseline window"}, "baseline"),
    ],
)
def test_a_verdict_is_shown_by_its_direction_when_it_drifted(fields: dict[str, Any], shown: str) -> None:
    (row,) = frames.verdict_frame([verdict(**fields), verdict(slice="model=m")]).to_dict("records")
    assert (row["shown"], row["week"], row["metric"]) == (shown, "2026-W14", "canary · latency_ms")


def test_an_effect_is_a_multiple_of_its_floor_and_without_one_it_is_not_drawn() -> None:
    rows = [verdict(), verdict(effect=None), verdict(effect_floor=None), verdict(effect_floor=0.0)]
    # 0.6 over a floor of 0.2
    assert frames.effect_frame(rows)["ratio"].tolist() == [pytest.approx(3.0)]


def test_production_quality_weighs_each_trace_and_leaves_out_the_unscored_and_the_unweighted() -> None:
    rows = [trace(), trace(quality_score=1.0, weight=3.0), trace(quality_score=None), trace(weight=None)]
    rows.append(trace(model=None))
    found = frames.production_quality_frame(rows).set_index("model")["value"].to_dict()
    # (1 · 0.5 + 3 · 1.0) / 4
    assert found == {"m": 0.875, "unknown": 0.5}


def prediction(category: str = "none", **fields: Any) -> dict[str, Any]:
    return {"week": WEEK, "model": "m", "split": "canary", "quality_score": 0.5, "error_category": category, **fields}


def test_failures_are_shares_of_the_canarys_judged_answers() -> None:
    rows = [prediction("a"), prediction("a"), prediction("b"), prediction(), prediction("a", split="fresh")]
    rows += [prediction("a", week=NEXT), prediction(week=NEXT), prediction(week=NEXT, quality_score=None)]
    # of 4 answers in the first week 2 and 1, of 2 in the second 1; what is fresh or unscored does not count
    assert frames.failure_frame(rows).to_numpy().tolist() == [
        ["2026-W14", "a", 0.5],
        ["2026-W14", "b", 0.25],
        ["2026-W15", "a", 0.5],
    ]


def test_the_canarys_quality_is_a_mean_over_what_was_scored() -> None:
    rows = [prediction(quality_score=q) for q in (0.4, 0.8, None)] + [prediction(split="fresh", quality_score=0.0)]
    rows.append(prediction(week=NEXT, quality_score=0.9))
    first, second = frames.canary_frame(rows).to_dict("records")
    assert (first["value"], first["n"]) == (pytest.approx(0.6), 2)
    assert first["ci_low"] < 0.6 < first["ci_high"]
    assert (second["week"], second["value"], second["n"]) == ("2026-W15", 0.9, 1)
    assert pd.isna(second["ci_low"])


def test_costs_add_up_by_series_and_unpriced_calls_are_no_calls_of_theirs() -> None:
    rows = [
        cost(),
        cost(cost_usd=Decimal("1.5"), calls=150, unpriced_calls=40, unmetered_calls=10),
        cost(purpose="judge"),
        cost(feature="json", cost_usd=None),
    ]
    (row,) = frames.cost_frame(rows, ["application"], "feature").to_dict("records")
    # 0.5 + 1.5 USD over 100 + (150 - 40 - 10) calls: 10 USD per 1,000
    assert (row["series"], row["value"], row["calls"], row["per_1k"]) == ("qa", 2.0, 200, 10.0)
    by_purpose = frames.cost_frame(rows, ["application", "judge"], "purpose")
    assert by_purpose["series"].tolist() == ["application", "judge"]


def test_labelled_cases_on_one_point_are_counted_and_the_unscored_are_none() -> None:
    judged = [{"human_score": 1.0, "quality_score": score, "feature": "f"} for score in (0.9, 0.9, 0.5, None)]
    frame = frames.judge_frame(judged)
    assert list(zip(frame["quality_score"], frame["cases"], strict=True)) == [(0.9, 2), (0.5, 1)]


@pytest.mark.parametrize(
    ("frame", "columns"),
    [
        (frames.aggregate_frame([], "eval/bleu"), {"week", "model", "value", "ci_low", "ci_high"}),
        (frames.verdict_frame([]), {"week", "metric", "shown", "attribution", "effect", "p_adjusted"}),
        (frames.effect_frame([]), {"metric", "instrument", "ratio", "shown"}),
        (frames.production_quality_frame([]), {"week", "model", "value"}),
        (frames.failure_frame([]), {"week", "category", "share"}),
        (frames.judge_frame([]), {"human_score", "quality_score", "feature", "cases"}),
        (frames.canary_frame([]), {"week", "model", "value", "ci_low", "ci_high", "n"}),
        (frames.cost_frame([], ["application"], "feature"), {"week", "series", "value", "calls", "per_1k"}),
    ],
)
def test_no_row_is_an_empty_frame_with_its_columns(frame: pd.DataFrame, columns: set[str]) -> None:
    assert len(frame) == 0
    assert columns <= set(frame.columns)
