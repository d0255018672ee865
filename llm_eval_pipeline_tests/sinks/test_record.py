"""Records: what a sink is told of a week, by model, and a fingerprint that changes with any of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from llm_eval_pipeline.sinks.record import MOST_ROWS, Record, records

WEEK = "2026-03-30"


def aggregate(model: str, metric: str, value: float | None, feature: str = "all") -> dict[str, Any]:
    return {"model": model, "feature": feature, "metric": metric, "value": value}


def prediction(model: str, number: int) -> dict[str, Any]:
    return {"example_id": f"e{number}", "model": model, "repetition": 0, "quality_score": 0.5}


def told(**changed: Any) -> list[Record]:
    given: dict[str, Any] = {
        "aggregates": [aggregate("b", "eval/quality_mean", 0.7), aggregate("a", "eval/quality_mean", 0.8)],
        "predictions": [prediction("a", 1), prediction("b", 2), prediction("a", 3)],
        "failures": [prediction("b", 2)],
        "judged_by": [("j", "v1")],
    }
    return records(WEEK, **given | changed)


def test_each_model_has_its_record_and_its_rows() -> None:
    first, second = told()
    assert (first.model, second.model) == ("a", "b")
    assert [row["example_id"] for row in first.tables["prediction_table"]] == ["e1", "e3"]
    assert first.tables["failure_table"] == []
    assert second.tables["failure_table"] == [{"example_id": "e2", "quality_score": 0.5}]


def test_a_feature_is_part_of_its_metrics_name_and_an_unknown_value_is_not_told() -> None:
    rows = [
        aggregate("a", "eval/quality_mean", 0.8),
        aggregate("a", "eval/quality_mean", 0.6, "qa"),
        aggregate("a", "eval/bleu", None),
        aggregate("a", "eval/error_rate", 0.0),
    ]
    (record,) = told(aggregates=rows)
    assert record.metrics == {"eval/quality_mean": 0.8, "eval/quality_mean/qa": 0.6, "eval/error_rate": 0.0}


def test_the_config_names_week_model_and_what_judged() -> None:
    record = told(judged_by=[("j", "v2"), ("j", "v1")])[0]
    assert record.config == {
        "week": WEEK,
        "iso_week": "2026-W14",
        "model": "a",
        "judge": "j",
        "rubric_version": "v1, v2",
        "prediction_table_rows": "2",
        "failure_table_rows": "0",
    }


def test_of_many_rows_the_first_are_told_and_all_are_counted() -> None:
    record = told(predictions=(prediction("a", number) for number in range(2 * MOST_ROWS)))[0]
    rows = record.tables["prediction_table"]
    assert (len(rows), rows[-1]["example_id"]) == (MOST_ROWS, f"e{MOST_ROWS - 1}")
    assert record.config["prediction_table_rows"] == f"{2 * MOST_ROWS:,}"


def test_week_and_model_make_the_id_and_nothing_else_does() -> None:
    first, second = told()
    assert first.run_id != second.run_id
    assert replace(first, metrics={}).run_id == first.run_id
    assert replace(first, week="2026-04-06").run_id != first.run_id
    assert (len(first.run_id), first.name) == (16, "2026-W14 a")


@pytest.mark.parametrize(
    "changed",
    [
        {"metrics": {"eval/quality_mean": 0.81}},
        {"tables": {"prediction_table": []}},
        {"config": {"week": WEEK}},
        {"week": "2026-04-06"},
    ],
)
def test_any_change_changes_the_fingerprint(changed: dict[str, Any]) -> None:
    record = told()[0]
    assert replace(record, **changed).fingerprint != record.fingerprint


def test_the_same_rows_have_the_same_fingerprint() -> None:
    assert [record.fingerprint for record in told()] == [record.fingerprint for record in told()]


def test_a_week_without_aggregates_tells_nothing() -> None:
    assert told(aggregates=[]) == []


def test_what_mlflow_evaluates_is_each_models_predictions_with_their_text_scores() -> None:
    texts = [
        {"example_id": f"e{n}", "model": m, "repetition": 0, "bleu": 10.0 * n}
        for m, n in (("b", 2), ("a", 1), ("a", 3))
    ]
    first, second = told(text_scores=texts)
    assert [(row["example_id"], row["bleu"]) for row in first.evaluated] == [("e1", 10.0), ("e3", 30.0)]
    assert [(row["example_id"], row["bleu"]) for row in second.evaluated] == [("e2", 20.0)]
    assert told()[0].evaluated == []
    assert told(text_scores=texts)[0].fingerprint != told()[0].fingerprint


def test_what_people_read_stands_first() -> None:
    row = {**prediction("a", 1), "feature": "f", "generated": "So.", "prompt": "Why?"}
    (told_row,) = told(predictions=[row])[0].tables["prediction_table"]
    assert list(told_row) == ["prompt", "generated", "quality_score", "example_id", "feature"]
