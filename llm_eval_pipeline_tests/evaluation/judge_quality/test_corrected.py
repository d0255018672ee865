"""Rows of corrected_metrics: what people would have said, and when nobody can tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.corrected import corrected_rows
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.schema import CORRECTED_METRICS
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.evaluation.judge_quality.scores import anchors, answers

BAR = load_judge_bar(REPOSITORY / "data" / "policies" / "judge_bar.yaml")
NINE_OF_TEN = anchors(30, 27, 30, 27)
"""A judge that is right on nine good ones of ten, and on nine bad ones."""


def rows_of(scores: list[dict[str, Any]], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return corrected_rows(scores, known, judge_quality_rows(known, BAR), BAR)


def test_a_trusted_judge_is_corrected(tmp_path: Path) -> None:
    rows = rows_of(answers(*[0.95] * 70, *[0.05] * 30), NINE_OF_TEN)
    (row,) = Warehouse(str(tmp_path)).write(CORRECTED_METRICS, "2026-03-30", rows).to_pylist()
    assert (row["model"], row["feature"], row["judge"], row["n"], row["n_anchors"]) == ("m", "all", "j", 100, 60)
    assert row["acceptable_judged"] == pytest.approx(0.7)
    assert row["acceptable_corrected"] == pytest.approx((0.7 + 0.9 - 1) / (0.9 + 0.9 - 1))  # 0.75
    # the judge's mean error on the anchors is 0: 27 · -0.05 + 3 · -0.95 + 27 · 0.05 + 3 · 0.95
    assert row["quality_judged"] == pytest.approx(0.7 * 0.95 + 0.3 * 0.05)
    assert row["quality_corrected"] == pytest.approx(row["quality_judged"])
    assert row["anchor_quality_judged"] == pytest.approx(0.5)
    assert row["uncorrected_reason"] is None
    for name in ("acceptable", "quality"):
        assert row[f"{name}_corrected_low"] < row[f"{name}_corrected"] < row[f"{name}_corrected_high"]
        judged = row[f"{name}_judged_high"] - row[f"{name}_judged_low"]
        assert judged < row[f"{name}_corrected_high"] - row[f"{name}_corrected_low"]  # the honest one is wider


def test_a_judge_too_kind_by_a_tenth_is_put_right() -> None:
    known = [row | {"quality_score": row["human_score"] * 0.9 + 0.1} for row in anchors(30, 30, 30, 30)]
    (row,) = rows_of(answers(*[0.8] * 20, *[0.6] * 20), known)
    # people give half the anchors 1 and half 0, the judge 1 and 0.1: too kind by 0.05
    assert (row["quality_judged"], row["quality_corrected"]) == (pytest.approx(0.7), pytest.approx(0.65))


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        (anchors(30, 20, 30, 20), "the judge is not trusted: kappa 0.33"),
        (anchors(5, 5, 5, 5), "the judge is not known well enough: 10 scored labels are too few"),
        ([], "no anchor was judged by j with r1"),
    ],
)
def test_a_judge_that_is_not_trusted_or_not_known_corrects_nothing(known: list[dict[str, Any]], reason: str) -> None:
    (row,) = rows_of(answers(*[0.95] * 70, *[0.05] * 30), known)
    assert row["acceptable_judged"] == pytest.approx(0.7)  # what was judged is still told
    for name in ("acceptable_corrected", "quality_corrected"):
        assert [row[name], row[f"{name}_low"], row[f"{name}_high"]] == [None] * 3
    assert row["uncorrected_reason"].startswith(reason)


def test_each_model_and_judge_has_its_row_and_unscored_answers_are_counted() -> None:
    scores = answers(0.9, None, 0.2, model="a") + answers(0.9, 0.9, 0.9, model="b", judge="other")
    rows = rows_of(scores, NINE_OF_TEN)
    assert [(row["model"], row["judge"], row["n"], row["n_unscored"]) for row in rows] == [
        ("a", "j", 2, 1),
        ("b", "other", 3, 0),
    ]
    assert rows[1]["uncorrected_reason"] == "no anchor was judged by other with r1"


def test_answers_judged_by_another_rubric_are_not_corrected_by_this_ones_anchors() -> None:
    without = [row | {"example_id": f"f{row['example_id']}", "rubric_version": "r2"} for row in answers(0.9, 0.2)]
    rows = rows_of(answers(0.9, 0.2) + without, NINE_OF_TEN)
    assert [(row["rubric_version"], row["n"], row["uncorrected_reason"]) for row in rows] == [
        ("r1", 2, None),
        ("r2", 2, "no anchor was judged by j with r2"),
    ]


def test_repetitions_of_an_example_are_one_case() -> None:
    scores = answers(1.0, 0.0, 0.5) + answers(0.8, 0.2, None, repetition=1)
    (row,) = rows_of(scores, NINE_OF_TEN)
    # means 0.9, 0.1, 0.5; acceptable 1, 0, 0
    assert (row["n"], row["n_unscored"]) == (3, 0)
    assert (row["quality_judged"], row["acceptable_judged"]) == (pytest.approx(0.5), pytest.approx(1 / 3))


def test_answers_without_any_score_have_nulls_and_the_reason() -> None:
    (row,) = rows_of(answers(None, None), NINE_OF_TEN)
    assert (row["n"], row["n_unscored"], row["acceptable_judged"], row["quality_judged"]) == (0, 2, None, None)
    assert (row["acceptable_corrected"], row["quality_corrected"]) == (None, None)
    assert row["uncorrected_reason"] == "0 scored answers are too few"


def test_no_answers_have_no_rows() -> None:
    assert rows_of([], NINE_OF_TEN) == []
