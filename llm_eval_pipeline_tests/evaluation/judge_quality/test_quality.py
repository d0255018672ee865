"""Rows of judge_quality: which there are, what they hold, and what too few labels leave null."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.judge_quality.repetitions import krippendorff_alpha
from llm_eval_pipeline.evaluation.schema import JUDGE_QUALITY
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.evaluation.judge_quality.scores import anchor, anchors

BAR = load_judge_bar(REPOSITORY / "data" / "policies" / "judge_bar.yaml")


def test_one_row_per_judge_rubric_and_feature_and_one_over_all(tmp_path: Path) -> None:
    rows = judge_quality_rows(
        [anchor(1, 1, 0.9), anchor(2, 0, 0.1, feature="g"), anchor(3, 1, 0.2, rubric_version="r2")], BAR
    )
    stored = Warehouse(str(tmp_path)).write(JUDGE_QUALITY, "2026-03-30", rows).to_pylist()
    assert [(row["judge"], row["feature"], row["n"], row["rubric_version"]) for row in stored] == [
        ("j", "all", 2, "r1"),
        ("j", "f", 1, "r1"),
        ("j", "g", 1, "r1"),
        ("j", "all", 1, "r2"),
        ("j", "f", 1, "r2"),
    ]
    assert {row["bar_version"] for row in stored} == {BAR.version}


def test_a_judge_that_people_agree_with() -> None:
    rows = judge_quality_rows(anchors(30, 27, 30, 28), BAR)
    assert [row["feature"] for row in rows] == ["all", "f"]
    row = rows[0]
    # 55 of 60 agree; by chance (30 · 29 + 30 · 31) / 3600 = 0.5
    assert (row["kappa"], row["tpr"], row["tnr"]) == pytest.approx(((55 / 60 - 0.5) / 0.5, 27 / 30, 28 / 30))
    assert row["kappa_low"] < row["kappa"] < row["kappa_high"]
    # 55 gaps of 0.05 and 5 of 0.95; the judge is lower by 0.05 27 times, by 0.95 3 times, and higher as often as 28, 2
    assert row["mean_gap"] == pytest.approx((55 * 0.05 + 5 * 0.95) / 60)
    assert row["mean_bias"] == pytest.approx((28 * 0.05 + 2 * 0.95 - 27 * 0.05 - 3 * 0.95) / 60)
    assert (row["trusted"], row["untrusted_reason"], row["n_acceptable"]) == (True, None, 30)
    assert (row["mean_confidence"], row["close_share"], row["calibration_error"]) == (None, None, None)


def test_a_judge_that_was_asked_again_is_held_against_itself() -> None:
    judgements = [(0.9, 0.8, 0.2), (0.1, 0.3, None), (0.9, None, None)]
    rows = [anchor(i, i % 2, 0.5, judgements=each) for i, each in enumerate(judgements)]
    row = judge_quality_rows(rows, BAR)[0]
    # of three pairs of the first case one agrees, the second's one pair does, and the third has none
    assert row["repeat_agreement"] == 2 / 4
    # squares around 1.9 / 3: 0.286667 (2 degrees), around 0.2: 0.02 (1 degree)
    assert row["repeat_sd"] == pytest.approx((0.306667 / 3) ** 0.5, abs=1e-6)
    assert row["repeat_alpha"] == pytest.approx(krippendorff_alpha(judgements))


def test_a_judge_that_was_asked_once_cannot_be_held_against_itself() -> None:
    row = judge_quality_rows([anchor(i, i % 2, 0.5, judgements=(0.5,)) for i in range(3)], BAR)[0]
    assert [row[name] for name in ("repeat_agreement", "repeat_sd", "repeat_alpha")] == [None] * 3


def test_unscored_anchors_leave_the_agreement_and_are_counted() -> None:
    rows = anchors(30, 30, 30, 30) + [anchor(100 + i, 1.0, None) for i in range(3)]
    row = judge_quality_rows(rows, BAR)[0]
    assert (row["n"], row["n_unscored"], row["kappa"], row["trusted"]) == (60, 3, 1.0, True)


def test_a_judge_that_scores_nothing_has_nulls_and_no_zeros() -> None:
    row = judge_quality_rows([anchor(i, i % 2, None) for i in range(40)], BAR)[0]
    measures = [*("kappa", "weighted_kappa", "tpr", "tnr", "accuracy", "spearman", "mean_gap", "mean_bias")]
    assert [row[name] for name in measures] == [None] * len(measures)
    assert (row["n"], row["n_unscored"], row["trusted"]) == (0, 40, False)
    assert "only 0 of 40 labelled cases have a score" in row["untrusted_reason"]


def test_few_labels_have_their_numbers_and_no_verdict() -> None:
    row = judge_quality_rows(anchors(5, 5, 5, 5), BAR)[0]
    assert (row["kappa"], row["trusted"]) == (1.0, None)
    assert row["untrusted_reason"] == "10 scored labels are too few to say, 30 are needed; label more cases"


def test_confidence_is_held_against_closeness() -> None:
    row = judge_quality_rows(anchors(20, 18, 20, 20, confidence=0.9), BAR)[0]
    assert (row["mean_confidence"], row["close_share"]) == (pytest.approx(0.9), pytest.approx(38 / 40))


def test_no_anchors_have_no_rows() -> None:
    assert judge_quality_rows([], BAR) == []
