"""Each distance equals scipy's, or a number that can be worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial import distance

from llm_eval_pipeline.drift.cliffs_delta import cliffs_delta
from llm_eval_pipeline.drift.distributions import categories, distribution
from llm_eval_pipeline.drift.g_test import g_test
from llm_eval_pipeline.drift.jensen_shannon import jensen_shannon
from llm_eval_pipeline.drift.pairs import pair
from llm_eval_pipeline.drift.psi import binned_psi, psi
from llm_eval_pipeline.drift.quantiles import quantile_shifts, quantiles_of
from llm_eval_pipeline.drift.wasserstein import normed_wasserstein, wasserstein

ROWS = st.lists(st.integers(0, 20), min_size=1, max_size=30)


def of(rows):
    return distribution(rows, [1] * len(rows))


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_wasserstein_equals_scipys(x, y):
    assert wasserstein(pair(of(x), of(y))) == pytest.approx(stats.wasserstein_distance(x, y), abs=1e-12)


def test_a_shift_by_one_deviation_is_one():
    base = of([1, 3])  # mean 2, deviation 1
    assert normed_wasserstein(pair(of([2, 4]), base), base.scale) == 1.0


def test_a_distance_is_not_normed_by_nothing():
    with pytest.raises(ValueError, match="positive scale, got 0"):
        normed_wasserstein(pair(of([1]), of([1])), 0.0)


@settings(max_examples=100, deadline=None)
@given(ROWS, ROWS)
def test_cliffs_delta_counts_wins_less_losses(x, y):
    wins = np.sign(np.subtract.outer(x, y)).mean()
    assert cliffs_delta(pair(of(x), of(y))) == pytest.approx(wins, abs=1e-12)


def test_cliffs_delta_by_hand():
    # (2, 3) against (1, 2): three wins, one tie, no loss: 3 / 4
    assert cliffs_delta(pair(of([2, 3]), of([1, 2]))) == 0.75


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6))
def test_jensen_shannon_equals_scipys(counts):
    x, y = np.array(counts).T + np.array([[1], [1]])
    labels = [str(place) for place in range(len(counts))]
    both = pair(categories(labels, x), categories(labels, y))
    assert jensen_shannon(both) == pytest.approx(distance.jensenshannon(x, y, base=2), abs=1e-7)


def test_mixes_with_nothing_in_common_are_one_apart():
    assert jensen_shannon(pair(categories(["a"], [9]), categories(["b"], [4]))) == pytest.approx(1.0)


def test_g_equals_scipys_where_no_cell_is_rare():
    x, y = [60, 30, 10], [120, 90, 40]
    both = pair(categories("abc", x), categories("abc", y))
    expected = stats.chi2_contingency([x, y], correction=False, lambda_="log-likelihood")
    assert g_test(both).statistic == pytest.approx(expected.statistic)
    assert g_test(both).pvalue == pytest.approx(expected.pvalue)


def test_a_rare_category_is_judged_by_permutation_and_the_same_way_each_time():
    both = pair(categories("ab", [98, 2]), categories("ab", [900, 0]))
    # P(both rare rows among the 100 of 1,000) = 100 · 99 / (1000 · 999) = 0.0099
    assert g_test(both).pvalue == pytest.approx(0.0099, abs=0.004)
    assert g_test(both) == g_test(both)


def test_one_category_alone_cannot_change():
    assert g_test(pair(categories("a", [5]), categories("a", [7]))).pvalue == 1.0


def test_psi_by_hand():
    # With half a row a cell: (60.5, 40.5) / 101 against (50.5, 50.5) / 101.
    x, y = 60.5 / 101, 50.5 / 101
    expected = (x - y) * math.log(x / y) + (y - x) * math.log((1 - x) / (1 - y))
    assert psi(pair(categories("ab", [60, 40]), categories("ab", [50, 50]))) == pytest.approx(expected)


def test_binned_psi_is_small_for_equal_samples_and_large_for_a_moved_one():
    base = of(range(100))
    assert binned_psi(pair(base, base)) == 0.0
    assert binned_psi(pair(of(range(50, 150)), base)) > 0.25


@settings(max_examples=100, deadline=None)
@given(ROWS, st.sampled_from([0.0, 0.01, 0.05, 0.25, 0.5, 0.95, 0.99, 1.0]))
def test_quantiles_equal_numpys_inverted_cdf(rows, q):
    found = of(rows)
    expected = np.quantile(rows, q, method="inverted_cdf")
    assert quantiles_of(found.values, found.counts, [q])[0] == expected


def test_quantile_shifts_are_current_less_baseline():
    assert quantile_shifts(of([3] * 100), of([1] * 100)) == {0.05: 2.0, 0.5: 2.0, 0.95: 2.0, 0.99: 2.0}
