"""Intervals: against known values, at the edges, and how often they hold the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_eval_pipeline.evaluation.intervals import mean_interval, quantile_interval, wilson


@pytest.mark.parametrize(("successes", "n"), [(0, 1), (1, 10), (15, 30), (99, 100), (3, 1000), (7, 7)])
def test_wilson_is_scipys(successes: int, n: int) -> None:
    known = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert wilson(successes, n) == pytest.approx((known.low, known.high), abs=1e-12)


def test_a_rate_of_nothing_or_of_all_has_that_end_and_not_more() -> None:
    none, every = wilson(0, 20), wilson(20, 20)
    assert none is not None
    assert every is not None
    assert (none[0], every[1]) == (0.0, 1.0)
    # without a success the upper end is z² / (n + z²) = 3.8415 / 23.8415
    assert none[1] == pytest.approx(3.8415 / 23.8415, abs=1e-5)


def test_a_mean_has_students_interval() -> None:
    # 1, 2, 3: mean 2, standard error 1 / √3 = 0.5774, t(2 degrees) = 4.3027, half = 2.4841
    assert mean_interval(np.array([1.0, 2.0, 3.0])) == pytest.approx((2 - 2.4841, 2 + 2.4841), abs=1e-4)


def test_equal_values_leave_no_doubt() -> None:
    assert mean_interval(np.full(5, 0.7)) == pytest.approx((0.7, 0.7))
    assert quantile_interval(np.full(5, 0.7), 0.5) == (0.7, 0.7)


@pytest.mark.parametrize("values", [[], [0.5]])
def test_too_little_has_no_interval(values: list[float]) -> None:
    assert mean_interval(np.array(values)) is None
    assert quantile_interval(np.array(values), 0.5) is None
    assert wilson(0, 0) is None


def test_the_ends_of_a_quantiles_interval_are_values_of_the_sample_in_any_order() -> None:
    values = np.arange(100.0)
    # n q = 50, half = 1.96 · √(100 · 0.5 · 0.5) = 9.8: from 40.2 to 59.8, outwards to whole places
    assert quantile_interval(values, 0.5) == (40.0, 60.0)
    assert quantile_interval(values[::-1], 0.5) == (40.0, 60.0)


def test_a_far_quantile_of_a_small_sample_ends_at_its_largest_value() -> None:
    interval = quantile_interval(np.arange(20.0), 0.99)
    assert interval is not None
    assert interval[1] == 19.0


@pytest.mark.parametrize("n", [30, 100, 400])
@pytest.mark.parametrize("q", [0.25, 0.5, 0.75])
def test_a_quantiles_interval_holds_the_truth_nineteen_times_in_twenty(n: int, q: float) -> None:
    interval = quantile_interval(np.arange(1.0, n + 1), q)
    assert interval is not None
    low, high = (int(rank) for rank in interval)
    # the quantile lies between the ranks low and high when low to high - 1 values are below it
    covered = stats.binom.cdf(high - 1, n, q) - stats.binom.cdf(low - 1, n, q)
    assert 0.945 < covered < 0.985


@pytest.mark.parametrize("n", [2, 11, 50, 99])
@pytest.mark.parametrize("q", [0.25, 0.5, 0.95, 0.99])
def test_a_quantile_lies_in_its_interval_however_few_the_values(n: int, q: float) -> None:
    values = np.arange(float(n)) ** 2
    interval = quantile_interval(values, q)
    assert interval is not None
    assert interval[0] <= np.quantile(values, q) <= interval[1]
