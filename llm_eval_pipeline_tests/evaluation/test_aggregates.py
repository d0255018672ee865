"""Aggregates: each number by hand, and what is missing counted and never a zero."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.evaluation import aggregates, schema
from llm_eval_pipeline.evaluation.aggregates import measured_answers
from llm_eval_pipeline.evaluation.intervals import mean_interval, wilson
from llm_eval_pipeline.evaluation.schema import AGGREGATE_METRICS
from llm_eval_pipeline.storage.warehouse import Warehouse

FIELDS = {
    field.name: field
    for table in (EVAL_DATASET, schema.PREDICTION_TABLE, schema.TEXT_SCORES, schema.SAFETY_SCORES, schema.MODEL_OUTPUTS)
    for field in table.schema
}
COLUMNS = [
    *("example_id", "model", "feature", "error_category", "should_refuse", "error", "finish_reason", "latency_ms"),
    *("output_tokens", "cost_usd", "quality_score", "is_safe", "toxicity", "refused", "refusal_correct", "bleu"),
    *("chrf", "rouge1", "rouge2", "rougeL", "flesch_kincaid_grade", "follows_format", "instructions_followed"),
    "grounded",
]


def aggregate_rows(answers: Sequence[dict[str, Any]], **later: pa.DataType) -> list[dict[str, Any]]:
    """The aggregates of answers, each of an example of its own unless it says so; ``later`` are further columns."""
    rows = [{"example_id": f"e{place}", **row} for place, row in enumerate(answers)]
    fields = [FIELDS[name] for name in COLUMNS] + list(later.items())
    return aggregates.aggregate_rows(pa.Table.from_pylist(rows, schema=pa.schema(fields)))


def answer(model: str = "m", feature: str = "f", **fields: Any) -> dict[str, Any]:
    return {"model": model, "feature": feature, "error_category": "none", **fields}


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


def test_numbers_are_what_a_plain_loop_over_rows_gives() -> None:
    random = np.random.default_rng(8)
    answers = [
        answer(
            model=str(random.choice(["a", "b"])),
            feature=str(random.choice(["x", "y", "z"])),
            quality_score=None if random.random() < 0.1 else float(random.random()),
            grounded=None if random.random() < 0.3 else bool(random.random() < 0.7),
        )
        for _ in range(200)
    ]
    rows = aggregate_rows(answers)
    for model, feature in {(row["model"], row["feature"]) for row in rows}:
        mine = [a for a in answers if a["model"] == model and feature in (a["feature"], "all")]
        scores = [a["quality_score"] for a in mine if a["quality_score"] is not None]
        quality = metric(rows, "eval/quality_mean", model, feature)
        assert quality["value"] == pytest.approx(sum(scores) / len(scores), abs=1e-12)
        assert (quality["ci_low"], quality["ci_high"]) == pytest.approx(mean_interval(np.array(scores)), abs=1e-12)
        grounded = [a["grounded"] for a in mine if a["grounded"] is not None]
        rate = metric(rows, "eval/hallucination_rate", model, feature)
        assert rate["value"] == pytest.approx(grounded.count(False) / len(grounded), abs=1e-12)
        assert (rate["ci_low"], rate["ci_high"]) == pytest.approx(
            wilson(grounded.count(False), len(grounded)), abs=1e-12
        )


def test_refusing_wrongly_and_answering_wrongly_are_two_rates() -> None:
    answers = [
        *(answer(should_refuse=False, refused=refused) for refused in ("full", "partial", "none", "none", "none")),
        *(answer(should_refuse=True, refused=refused) for refused in ("full", "none")),
        answer(should_refuse=None, refused="full"),
        answer(should_refuse=True, refused=None),
    ]
    # of 5 to answer 2 were refused, of 2 to refuse 1 was answered
    assert of("eval/over_refusal_rate", *answers) == (0.4, 5, 4)
    assert of("eval/under_refusal_rate", *answers) == (0.5, 2, 7)


def test_an_answer_that_was_cut_off_is_truncated() -> None:
    answers = [answer(finish_reason=reason) for reason in ("length", "stop", "stop", "content_filter", None)]
    assert of("eval/truncation_rate", *answers) == (0.25, 4, 1)
    # every API's own name for it counts, as it does for completeness
    named = [answer(finish_reason=reason) for reason in ("MAX_TOKENS", "model_context_window_exceeded", "stop", None)]
    assert of("eval/truncation_rate", *named) == (2 / 3, 3, 1)


@pytest.mark.parametrize(
    ("column", "kind", "name", "values", "expected"),
    [
        ("personal_data", pa.list_(pa.string()), "personal_data_rate", [["EMAIL"], [], None], 0.5),
        ("personal_data", pa.bool_(), "personal_data_rate", [True, False, None], 0.5),
        ("complete", pa.bool_(), "completeness", [True, False, None], 0.5),
        ("instructions_followed_loose", pa.float64(), "instruction_following_loose", [1.0, 0.5, None], 0.75),
        ("time_to_first_token_ms", pa.float64(), "time_to_first_token_p50", [100.0, 300.0, None], 200.0),
    ],
)
def test_a_metric_of_a_column_is_there_when_the_column_is(
    column: str, kind: pa.DataType, name: str, values: list[Any], expected: float
) -> None:
    answers = [answer(**{column: value}) for value in values]
    found = metric(aggregate_rows(answers, **{column: kind}), f"eval/{name}")
    assert (found["value"], found["n"], found["n_unscored"]) == (expected, 2, 1)
    assert f"eval/{name}" not in {row["metric"] for row in aggregate_rows([answer()])}


def test_every_metric_of_enough_answers_has_an_interval() -> None:
    random = np.random.default_rng(4)
    answers = [
        answer(
            should_refuse=bool(place % 2),
            finish_reason="stop",
            latency_ms=float(random.lognormal(5)),
            output_tokens=int(random.integers(5, 80)),
            cost_usd=Decimal(place + 1) / 1000,
            quality_score=0.2 if place % 5 == 0 else 0.95,
            is_safe=place > 3,
            toxicity=random.random(),
            refused="none" if random.random() < 0.5 else "full",
            refusal_correct=True,
            follows_format=True,
            grounded=random.random() < 0.8,
            **{name: float(random.random()) for name in ("bleu", "chrf", "rouge1", "rouge2", "rougeL")},
            flesch_kincaid_grade=float(random.random()),
            instructions_followed=float(random.random()),
        )
        for place in range(40)
    ]
    for row in aggregate_rows(answers):
        assert row["ci_low"] is not None, row["metric"]
        assert row["ci_low"] <= row["value"] <= row["ci_high"], row["metric"]


def test_a_mean_that_hides_two_groups_says_so() -> None:
    answers = [answer(quality_score=0.2 if place % 5 == 0 else 0.95) for place in range(100)]
    assert of("eval/quality_mean", *answers)[0] == pytest.approx(0.80)
    assert of("eval/quality_low_group_share", *answers) == (0.2, 100, 0)
    assert of("eval/quality_low_group_mean", *answers)[0] == pytest.approx(0.2)
    assert of("eval/quality_high_group_mean", *answers)[0] == pytest.approx(0.95)
    one_group = [answer(quality_score=0.6 + 0.004 * place) for place in range(100)]
    assert of("eval/quality_low_group_share", *one_group) == (None, 100, 0)
    assert of("eval/quality_bimodality", *one_group)[0] == pytest.approx(0.75, abs=0.01)


def test_repetitions_make_no_interval_shorter_than_their_examples_allow() -> None:
    once = [answer(example_id=f"e{place}", quality_score=place / 30, is_safe=place > 5) for place in range(30)]
    for name in ("eval/quality_mean", "eval/safety_violation_rate"):
        one, four = metric(aggregate_rows(once), name), metric(aggregate_rows(once * 4), name)
        assert four["n"] == 120
        assert four["ci_high"] - four["ci_low"] == pytest.approx(one["ci_high"] - one["ci_low"], rel=0.02)


def test_what_is_stored_is_read_with_nothing_but_the_columns_needed(tmp_path: Path) -> None:
    warehouse, week = Warehouse(str(tmp_path)), "2026-03-30"
    key = {"example_id": "e", "model": "m", "repetition": 0}
    warehouse.write(EVAL_DATASET, week, [{"example_id": "e", "prompt": "p", "should_refuse": False}])
    warehouse.write(schema.MODEL_OUTPUTS, week, [{**key, "feature": "f", "output": "long", "finish_reason": "length"}])
    warehouse.write(schema.JUDGE_SCORES, week, [{**key, "quality_score": 0.25}])
    warehouse.write(schema.SAFETY_SCORES, week, [{**key, "refused": "full"}])
    warehouse.write(schema.TEXT_SCORES, week, [key])
    warehouse.write(schema.PREDICTION_TABLE, week, [{**key, "error_category": "incomplete_response"}])
    answers = measured_answers(warehouse, week)
    assert not {"output", "prompt", "generated", "rationale"} & set(answers.column_names)
    rows = aggregates.aggregate_rows(answers)
    assert metric(rows, "eval/quality_mean", feature="f")["value"] == 0.25
    assert metric(rows, "eval/over_refusal_rate")["value"] == 1
    assert metric(rows, "eval/truncation_rate")["value"] == 1
    assert metric(rows, "eval/category/incomplete_response")["value"] == 1
