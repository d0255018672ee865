"""Agreement with people: rates of either kind, ranks, gaps, and what too few cases cannot tell."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_eval_pipeline.evaluation.judge_quality.agreement import agreement, confusion


def test_positive_is_what_people_accept() -> None:
    counts = confusion([1, 1, 1, 1, 0, 0], [1, 1, 1, 0, 1, 0])
    assert (counts.true_positives, counts.false_negatives) == (3, 1)
    assert (counts.true_negatives, counts.false_positives) == (1, 1)
    assert counts.true_positive_rate is not None
    assert counts.true_negative_rate is not None
    assert counts.accuracy is not None
    assert (counts.true_positive_rate.value, counts.true_negative_rate.value) == (3 / 4, 1 / 2)
    assert counts.accuracy.value == 4 / 6


def test_rates_have_wilsons_interval() -> None:
    found = confusion([1] * 20 + [0] * 30, [1] * 17 + [0] * 33).true_positive_rate
    known = stats.binomtest(17, 20).proportion_ci(method="wilson")
    assert found is not None
    assert (found.low, found.high) == pytest.approx((known.low, known.high), abs=1e-12)


def test_a_judge_half_a_tenth_too_kind() -> None:
    human = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
    found = agreement(human, human >= 0.7, human * 0.95 + 0.05, 0.7)
    # gaps 0.05, 0.0375, 0.025, 0.0125, 0: mean 0.025
    assert (found.mean_gap, found.spearman) == (pytest.approx(0.025), pytest.approx(1.0))
    assert found.mean_bias is not None
    assert found.mean_bias.value == pytest.approx(0.025)
    assert (found.n, found.confusion.true_positives, found.confusion.true_negatives) == (5, 2, 3)


def test_ranks_with_ties_are_scipys() -> None:
    rng = np.random.default_rng(3)
    human, judge = rng.integers(0, 5, 40) / 4, rng.integers(0, 21, 40) / 20
    found = agreement(human, human >= 0.7, judge, 0.7)
    assert found.spearman == pytest.approx(stats.spearmanr(human, judge).statistic, abs=1e-12)


def test_no_case_tells_nothing() -> None:
    found = agreement([], [], [], 0.7)
    assert found.n == 0
    assert [found.kappa, found.weighted_kappa, found.spearman, found.mean_gap, found.mean_bias] == [None] * 5
    assert found.confusion.accuracy is None


def test_good_cases_alone_tell_nothing_of_bad_ones() -> None:
    found = agreement([1.0, 0.75, 1.0], [True] * 3, [0.9, 0.8, 0.6], 0.7)
    assert found.confusion.true_negative_rate is None
    assert found.kappa is None
    assert found.confusion.true_positive_rate is not None
    assert found.confusion.true_positive_rate.value == pytest.approx(2 / 3)


def test_one_score_for_everything_has_no_rank_correlation() -> None:
    found = agreement([0.0, 0.5, 1.0], [False, False, True], [0.5] * 3, 0.7)
    assert found.spearman is None
    assert found.mean_gap == pytest.approx(1 / 3)
