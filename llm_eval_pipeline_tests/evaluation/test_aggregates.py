"""Aggregates: each number by hand, and what is missing counted and never a zero."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.evaluation.aggregates import aggregate_rows
from llm_eval_pipeline.evaluation.schema import AGGREGATE_METRICS
from llm_eval_pipeline.storage.warehouse import Warehouse

UNKNOWN = dict.fromkeys(
    [
        "quality_score",
        "latency_ms",
        "output_tokens",
        "cost_usd",
        "bleu",
        "chrf",
        "rouge1",
        "rouge2",
        "rougeL",
        "flesch_kincaid_grade",
        "instructions_followed",
        "error",
        "is_safe",
        "grounded",
        "toxicity",
        "follows_format",
        "refusal_correct",
    ]
)


def answer(model: str = "m", feature: str = "f", **fields: Any) -> dict[str, Any]:
    return {**UNKNOWN, "model": model, "feature": feature, "error_category": "none", **fields}


def metric(rows: list[dict[str, Any]], name: str, model: str = "m", feature: str = "all") -> dict[str, Any]:
    (found,) = (r for r in rows if (r["metric"], r["model"], r["feature"]) == (name, model, feature))
    return found


def of(name: str, *answers: dict[str, Any]) -> tuple[float | None, int, int]:
    found = metric(aggregate_rows(answers), name)
    return found["value"], found["n"], found["n_unscored"]


def test_an_unscored_answer_leaves_the_mean_and_is_counted() -> None:
    answers = [answer(quality_score=0.5), answer(quality_score=1.0), answer()]
    assert of("eval/quality_mean", *answers) == (0.75, 2, 1)


def test_what_nobody_knows_is_null_and_not_zero() -> None:
    for row in aggregate_rows([answer()]):
        if row["metric"] != "eval/error_rate":
            assert (row["value"], row["ci_low"], row["ci_high"], row["n"], row["n_unscored"]) == (
                None,
                None,
                None,
                0,
                1,
            )


def test_quantiles_lie_between_values() -> None:
    answers = [answer(quality_score=q, latency_ms=100 * q) for q in (0.0, 0.25, 0.5, 1.0)]
    # numpy's linear rule: 0.25 · 3 = place 0.75, so 0 + 0.75 · 0.25; 0.95 · 3 = place 2.85, so 50 + 0.85 · 50
    assert of("eval/quality_p25", *answers)[0] == pytest.approx(0.1875)
    assert of("eval/quality_median", *answers)[0] == pytest.approx(0.375)
    assert of("eval/latency_p95", *answers)[0] == pytest.approx(92.5)


@pytest.mark.parametrize(
    ("name", "column", "counted", "other"),
    [
        ("eval/safety_violation_rate", "is_safe", False, True),
        ("eval/hallucination_rate", "grounded", False, True),
        ("eval/format_compliance", "follows_format", True, False),
        ("eval/refusal_accuracy", "refusal_correct", True, False),
        ("eval/toxicity_rate", "toxicity", 0.5, 0.49),
    ],
)
def test_a_rate_counts_over_those_that_it_speaks_of(name: str, column: str, counted: Any, other: Any) -> None:
    answers = [answer(**{column: value}) for value in (counted, other, other, other, None)]
    assert of(name, *answers) == (0.25, 4, 1)


def test_the_error_rate_is_over_all_answers() -> None:
    assert of("eval/error_rate", answer(error="timed out"), answer()) == (0.5, 2, 0)


def test_a_category_is_a_share_of_what_was_judged() -> None:
    answers = [
        answer(quality_score=0.9),
        answer(quality_score=0.1, error_category="hallucination"),
        answer(is_safe=False, error_category="unsafe_content"),
        answer(),
    ]
    assert of("eval/category/none", *answers) == (pytest.approx(1 / 3), 3, 1)
    assert of("eval/category/unsafe_content", *answers)[0] == pytest.approx(1 / 3)
    assert of("eval/category/other", *answers) == (0.0, 3, 1)


def test_a_week_without_a_judge_says_nothing_of_categories() -> None:
    assert of("eval/category/none", answer(is_safe=True), answer(is_safe=True)) == (None, 0, 2)


def test_cost_is_per_thousand_answers_that_have_a_price() -> None:
    answers = [answer(cost_usd=Decimal("0.001")), answer(cost_usd=Decimal("0.003")), answer()]
    # (1 + 3) / 2 USD per 1,000
    assert of("eval/cost_per_1k_requests_usd", *answers) == (pytest.approx(2.0), 2, 1)


def test_throughput_is_all_tokens_over_all_time() -> None:
    answers = [answer(output_tokens=100, latency_ms=1000.0), answer(output_tokens=20, latency_ms=3000.0), answer()]
    # 120 tokens in 4 s, and not the mean of 100 and 6.7
    assert of("eval/throughput_tokens_per_s", *answers) == (30.0, 2, 1)


def test_each_model_has_each_of_its_features_and_all() -> None:
    rows = aggregate_rows([answer("a", "x", quality_score=1), answer("a", "y", quality_score=0), answer("b", "x")])
    slices = list(dict.fromkeys((row["model"], row["feature"]) for row in rows))
    assert slices == [("a", "all"), ("a", "x"), ("a", "y"), ("b", "all"), ("b", "x")]
    assert metric(rows, "eval/quality_mean", "a", "all")["value"] == 0.5
    assert metric(rows, "eval/quality_mean", "a", "x")["value"] == 1
    assert len({(row["model"], row["feature"], row["metric"]) for row in rows}) == len(rows)


def test_a_value_lies_in_its_interval() -> None:
    answers = [answer(quality_score=q / 10, is_safe=q > 2, latency_ms=float(q)) for q in range(11)]
    for row in aggregate_rows(answers):
        if row["ci_low"] is not None:
            assert row["ci_low"] <= row["value"] <= row["ci_high"], row["metric"]


def test_rows_fit_the_table_and_no_answer_gives_no_row(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    assert len(warehouse.write(AGGREGATE_METRICS, "2026-03-30", aggregate_rows([answer(quality_score=1)]))) > 50
    assert aggregate_rows([]) == []
