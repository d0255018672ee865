"""The two-sample Kolmogorov-Smirnov test on values and how often each occurs; equal to scipy's on the rows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_eval_pipeline.drift.distributions import Distribution, checked
from llm_eval_pipeline.drift.pairs import Pair, pair

EXACT_ROWS = 10_000
"""Up to this many rows on each side scipy's default is the exact distribution, above it the asymptotic one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KsResult:
    """The largest gap between the two distribution functions, in [0, 1], and its two-sided p-value."""

    statistic: float
    pvalue: float


def ks_2samp(
    values_x: Sequence[Any] | np.ndarray,
    counts_x: Sequence[int] | np.ndarray,
    values_y: Sequence[Any] | np.ndarray,
    counts_y: Sequence[int] | np.ndarray,
) -> KsResult:
    """What ``scipy.stats.ks_2samp(np.repeat(values_x, counts_x), np.repeat(values_y, counts_y))`` says.

    Memory follows the distinct values, not the rows, once a side has more than 10,000 rows. With ties the p-value is
    an upper bound (Noether 1963, Metrika 7: 114-116).

    Raises:
        ValueError: when a sample has no rows, a value is NaN, a count is negative or no whole number, or values and
            counts differ in length.
    """
    return ks_of_pair(pair(_sample("first", values_x, counts_x), _sample("second", values_y, counts_y)))


def ks_of_pair(both: Pair) -> KsResult:
    """The same for two samples on one support."""
    if max(both.n_x, both.n_y) <= EXACT_ROWS:
        return _by_scipy(both)
    from scipy.stats import kstwo

    statistic, effective = _gap_and_rows(both)
    p_value = float(np.clip(kstwo.sf(statistic, np.round(effective)), 0.0, 1.0))
    return KsResult(statistic=statistic, pvalue=p_value)


def quick_ks(both: Pair) -> KsResult:
    """The same, with the limiting p-value above 10,000 rows: a thousandth of the time, and within 1 % at p = 0.01.

    The argument √n · d + 1 / (6 √n) is Vrbik's (2018, Pioneer J. of Theoretical and Applied Statistics 15).
    """
    if max(both.n_x, both.n_y) <= EXACT_ROWS:
        return _by_scipy(both)
    from scipy.special import kolmogorov

    statistic, effective = _gap_and_rows(both)
    root = effective**0.5
    return KsResult(statistic=statistic, pvalue=float(kolmogorov(root * statistic + 1 / (6 * root))))


def _gap_and_rows(both: Pair) -> tuple[float, float]:
    gap = both.cdf_gap
    larger, smaller = float(max(both.n_x, both.n_y)), float(min(both.n_x, both.n_y))
    return float(max(-gap.min(), gap.max(), 0.0)), larger * smaller / (larger + smaller)


def _by_scipy(both: Pair) -> KsResult:
    from scipy.stats import ks_2samp as rows_ks

    ranks = np.arange(len(both.support))
    with warnings.catch_warnings():
        # Where counting paths overflows, scipy gives the asymptotic p-value and says so: still its answer.
        warnings.filterwarnings("ignore", message=".*Exact calculation unsuccessful", category=RuntimeWarning)
        result = rows_ks(np.repeat(ranks, both.counts_x), np.repeat(ranks, both.counts_y))
    return KsResult(statistic=float(result.statistic), pvalue=float(result.pvalue))


def _sample(name: str, values: Sequence[Any] | np.ndarray, counts: Sequence[int] | np.ndarray) -> Distribution:
    value_array, count_array = checked(values, counts)
    if np.isnan(value_array[count_array > 0]).any():
        raise ValueError(f"the {name} sample holds NaN, which has no place in an order; drop or count it beforehand")
    distinct, place = np.unique(value_array[count_array > 0], return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, place, count_array[count_array > 0])
    return Distribution(values=distinct, counts=sums)
