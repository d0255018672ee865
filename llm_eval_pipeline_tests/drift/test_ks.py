import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llm_eval_pipeline.drift import ks_2samp
from llm_eval_pipeline.drift.distributions import distribution
from llm_eval_pipeline.drift.ks import quick_ks
from llm_eval_pipeline.drift.pairs import pair

CELLS = st.lists(
    st.tuples(st.floats(-5, 5).map(lambda v: round(v, 1)), st.integers(0, 9)), min_size=1, max_size=12
).filter(lambda cells: sum(count for _, count in cells) > 0)


def rows_of(cells):
    values, counts = zip(*cells, strict=True)
    return values, counts, np.repeat(values, counts)


@settings(max_examples=200, deadline=None)
@given(CELLS, CELLS)
def test_counts_say_what_scipy_says_of_the_rows(x, y):
    values_x, counts_x, rows_x = rows_of(x)
    values_y, counts_y, rows_y = rows_of(y)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        expected = stats.ks_2samp(rows_x, rows_y)
    found = ks_2samp(values_x, counts_x, values_y, counts_y)
    assert (found.statistic, found.pvalue) == (expected.statistic, expected.pvalue)


@pytest.mark.parametrize(("n_x", "n_y"), [(10_000, 10_000), (10_001, 500), (400, 30_000), (25_000, 25_000)])
def test_large_samples_equal_scipy_exact_up_to_10_000_rows_and_asymptotic_above(n_x, n_y):
    generator = np.random.default_rng(n_x)
    x, y = np.round(generator.normal(0, 1, n_x), 2), np.round(generator.normal(0.05, 1, n_y), 2)
    expected = stats.ks_2samp(x, y)
    found = ks_2samp(x, np.ones(n_x, dtype=int), y, np.ones(n_y, dtype=int))
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-15)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=1e-9)


def test_no_change_has_no_gap_and_total_change_has_all_of_it():
    assert ks_2samp([1, 2], [5, 5], [2, 1], [5, 5]).pvalue == 1.0
    # Two samples of 3 that do not overlap: 2 of the C(6, 3) = 20 orders are as extreme.
    apart = ks_2samp([1], [3], [2], [3])
    assert (apart.statistic, apart.pvalue) == (1.0, pytest.approx(2 / 20))


def test_a_thousand_million_rows_cost_no_more_than_their_distinct_values():
    found = ks_2samp([0, 1], [10**9, 10**9], [0, 1], [10**9 + 10**6, 10**9])
    # 1/2 against 1.001/2.001 = 0.50025
    assert found.statistic == pytest.approx(1.001 / 2.001 - 0.5)
    assert found.pvalue < 1e-50


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        (([], []), ([1], [1]), "first sample is empty"),
        (([1], [1]), ([1, 2], [0, 0]), "second sample is empty"),
        (([1, float("nan")], [1, 1]), ([1], [1]), "first sample holds NaN"),
        (([1], [1]), ([1], [-1]), "at least 0"),
        (([1], [1.5]), ([1], [1]), "whole numbers"),
        (([1, 2], [1]), ([1], [1]), "2 values and 1 counts"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(x, y, says):
    with pytest.raises(ValueError, match=says):
        ks_2samp(*x, *y)


def test_nan_that_never_occurs_and_infinite_values_are_fine():
    assert ks_2samp([1, float("nan")], [2, 0], [1], [2]).pvalue == 1.0
    assert ks_2samp([1, float("inf")], [1, 1], [1], [2]).statistic == 0.5


@pytest.mark.parametrize("shift", [0.0, 0.02, 0.04, 0.06])
def test_the_quick_p_value_is_within_one_percent_of_scipys_above_10_000_rows(shift):
    generator = np.random.default_rng(7)
    x, y = generator.normal(shift, 1, 6_000), generator.normal(0, 1, 40_000)
    found = quick_ks(pair(distribution(x, np.ones(6_000)), distribution(y, np.ones(40_000))))
    expected = stats.ks_2samp(x, y)
    assert found.statistic == pytest.approx(expected.statistic, abs=1e-15)
    assert found.pvalue == pytest.approx(expected.pvalue, rel=0.01)
