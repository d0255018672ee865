"""Two models on the same examples: pairs and not means, by hand, and what is not known of either left out."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from scipy import stats

from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.comparison import compared_answers, comparison_rows
from llm_eval_pipeline.evaluation.schema import MODEL_COMPARISON
from llm_eval_pipeline.storage.warehouse import Warehouse

COLUMNS = pa.schema(
    [
        *(("example_id", pa.string()), ("model", pa.string()), ("repetition", pa.int32()), ("feature", pa.string())),
        *(("quality_score", pa.float64()), ("is_safe", pa.bool_()), ("latency_ms", pa.float64())),
        ("cost_usd", pa.decimal128(24, 12)),
    ]
)


def answer(example: int, model: str, quality: float | None = None, **fields: Any) -> dict[str, Any]:
    given = {"repetition": 0, "feature": "f", "quality_score": quality, "is_safe": True}
    return {"example_id": f"e{example:03}", "model": model, **given, **fields}


def compared(answers: list[dict[str, Any]], first: tuple[str, ...] = ("a",)) -> list[dict[str, Any]]:
    return comparison_rows(pa.Table.from_pylist(answers, schema=COLUMNS), first)


def whole(answers: list[dict[str, Any]]) -> dict[str, Any]:
    (row,) = (row for row in compared(answers) if row["feature"] == "all")
    return row


def scored(base: list[float | None], other: list[float | None]) -> list[dict[str, Any]]:
    return [answer(i, name, q) for name, scores in (("a", base), ("b", other)) for i, q in enumerate(scores)]


def test_differences_are_the_others_less_the_bases_example_by_example() -> None:
    row = whole(scored([0.2, 0.5, 0.9], [0.4, 0.9, 0.9]))
    # 0.2, 0.4 and 0: mean 0.2
    assert row["quality_difference"] == pytest.approx(0.2)
    assert (row["quality_base"], row["quality_other"]) == (pytest.approx(1.6 / 3), pytest.approx(2.2 / 3))
    # of the 4 sign patterns of 0.2 and 0.4, two are as far out
    assert row["quality_p_value"] == 0.5


def test_the_interval_is_the_paired_t_tests() -> None:
    random = np.random.default_rng(1)
    base, other = random.random(50), random.random(50)
    row = whole(scored(list(base), list(other)))
    known = stats.ttest_rel(other, base).confidence_interval()
    assert (row["quality_difference_low"], row["quality_difference_high"]) == pytest.approx((known.low, known.high))


def test_a_small_difference_on_hard_and_easy_examples_shows_in_pairs() -> None:
    random = np.random.default_rng(3)
    level = random.random(100)
    row = whole(scored(list(level), list(level + 0.02 + 0.01 * random.standard_normal(100))))
    assert row["quality_difference_low"] > 0
    assert row["quality_p_value"] < 0.001
    assert stats.ttest_ind(level, level + 0.02).pvalue > 0.5, "the two means alone say nothing"


def test_wins_losses_and_ties_have_a_margin() -> None:
    row = whole(scored([0.80, 0.80, 0.80, 0.80, 0.80], [0.85, 0.84, 0.76, 0.75, 1.0]))
    # by 0.05 or more: 0.85 and 1.0 win, 0.75 loses
    assert (row["wins"], row["ties"], row["losses"], row["tie_margin"]) == (2, 2, 1, 0.05)
    assert row["win_rate"] == pytest.approx((2 + 2 / 2) / 5)
    known = stats.binomtest(3, 5).proportion_ci(method="wilson")
    assert (row["win_rate_low"], row["win_rate_high"]) == pytest.approx((known.low, known.high))


def test_no_change_is_all_ties() -> None:
    row = whole(scored([0.3, 0.9] * 20, [0.3, 0.9] * 20))
    assert (row["wins"], row["ties"], row["losses"], row["win_rate"]) == (0, 40, 0, 0.5)
    assert (row["quality_difference"], row["quality_p_value"], row["pass_p_value"]) == (0.0, 1.0, 1.0)


def test_total_change_is_all_losses() -> None:
    row = whole(scored([1.0] * 40, [0.0] * 40))
    assert (row["quality_difference"], row["win_rate"], row["losses"]) == (-1.0, 0.0, 40)
    # 2 · 0.5^40
    assert row["pass_p_value"] == pytest.approx(2 * 0.5**40)
    assert row["quality_p_value"] == 1e-4, "none of 9,999 draws is as far out"
    assert row["win_rate_low"] == 0.0
    assert 0 < row["win_rate_high"] < 0.1


def test_passes_are_scores_of_a_half_that_are_safe() -> None:
    answers = [
        *(answer(0, "a", 0.5), answer(0, "b", 0.49)),
        *(answer(1, "a", 0.9), answer(1, "b", 0.9, is_safe=False)),
        *(answer(2, "a", 0.1), answer(2, "b", 0.8)),
        *(answer(3, "a", 0.9), answer(3, "b", None)),  # not known of the other: left out
        *(answer(4, "a", 0.9), answer(4, "b", None, is_safe=False)),  # unsafe without a score is known
    ]
    row = whole(answers)
    assert (row["n"], row["n_scored"], row["n_judged"]) == (5, 3, 4)
    assert (row["passed_by_base_only"], row["passed_by_other_only"]) == (3, 1)
    assert (row["pass_rate_base"], row["pass_rate_other"]) == (0.75, 0.25)
    # 3 against 1 of 4: 2 · (1 + 4) / 16
    assert row["pass_p_value"] == pytest.approx(0.625)


def test_latency_and_cost_are_differences_on_the_same_example() -> None:
    answers = []
    for place, (base, other) in enumerate([(100, 90), (1_000, 980), (50, 80)]):
        answers.append(answer(place, "a", latency_ms=float(base), cost_usd=Decimal(base) / 100_000))
        answers.append(
            answer(place, "b", latency_ms=float(other), cost_usd=None if place == 2 else Decimal(other) / 100_000)
        )
    row = whole(answers)
    # -10, -20 and 30 ms; per 1,000 requests -0.10 and -0.20 USD
    assert (row["n_latency"], row["latency_ms_difference"]) == (3, -10.0)
    assert (row["n_cost"], row["cost_per_1k_difference_usd"]) == (2, pytest.approx(-0.15))
    assert row["cost_per_1k_difference_usd_low"] < -0.15 < row["cost_per_1k_difference_usd_high"]


def test_repetitions_are_one_example() -> None:
    once = scored([0.2, 0.5, 0.9, 0.4], [0.4, 0.9, 0.9, 0.3])
    thrice = [{**row, "repetition": repetition} for row in once for repetition in range(3)]
    assert whole(thrice) == pytest.approx(whole(once))
    mixed = [answer(0, "a", q, repetition=r) for r, q in enumerate((0.9, 0.1, 0.2))] + [answer(0, "b", 0.9)]
    row = whole(mixed)
    # the mean of 0.9, 0.1 and 0.2 is 0.4, and one pass of three is no pass
    assert (row["quality_base"], row["passed_by_other_only"]) == (pytest.approx(0.4), 1)


def test_only_examples_of_both_are_compared_and_a_new_feature_has_its_row() -> None:
    answers = [*scored([0.5, 0.5], [0.6, 0.6]), answer(7, "a", 0.9), answer(8, "b", 0.1, feature="new of b")]
    answers += [answer(9, name, 0.5, feature="new of both") for name in "ab"]
    rows = compared(answers)
    assert {row["feature"]: row["n"] for row in rows} == {"all": 3, "f": 2, "new of both": 1}


def test_the_first_model_named_is_the_base_and_every_pair_has_its_rows() -> None:
    answers = [answer(0, name, 0.5) for name in ("c", "a", "b")]
    pairs = [(r["model_base"], r["model_other"]) for r in compared(answers, ("b", "absent")) if r["feature"] == "all"]
    assert pairs == [("b", "a"), ("b", "c"), ("a", "c")]


def test_too_little_has_a_value_and_no_interval() -> None:
    row = whole(scored([0.5], [0.7]))
    assert row["quality_difference"] == pytest.approx(0.2)
    assert (row["quality_difference_low"], row["latency_ms_difference"], row["n_latency"]) == (None, None, 0)
    unscored = whole(scored([None], [0.7]))
    assert (unscored["n"], unscored["n_scored"], unscored["quality_difference"], unscored["win_rate"]) == (
        1,
        0,
        None,
        None,
    )
    assert (unscored["quality_p_value"], unscored["pass_p_value"]) == (None, None)


def test_one_model_or_none_is_compared_with_nobody() -> None:
    assert compared([answer(0, "a", 0.5)]) == []
    assert compared([]) == []


def test_rows_are_read_from_and_written_to_the_warehouse(tmp_path: Path) -> None:
    warehouse, week = Warehouse(str(tmp_path)), "2026-03-30"
    keys = [{"example_id": "e", "model": name, "repetition": 0} for name in "ab"]
    warehouse.write(schema.MODEL_OUTPUTS, week, [{**key, "feature": "f", "latency_ms": 5.0} for key in keys])
    warehouse.write(schema.JUDGE_SCORES, week, [{**key, "quality_score": 0.5} for key in keys])
    warehouse.write(schema.SAFETY_SCORES, week, [{**key, "is_safe": True} for key in keys])
    stored = warehouse.write(MODEL_COMPARISON, week, comparison_rows(compared_answers(warehouse, week)))
    assert [row["feature"] for row in stored.to_pylist()] == ["all", "f"]
