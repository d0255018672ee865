"""The G-test: have the shares of the categories changed?"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llm_eval_pipeline.drift.pairs import Pair
from llm_eval_pipeline.drift.permutation import can_deal, permutation_pvalue

RARE = 5.0
"""Below this expected count the chi-square distribution is no guide (Cochran 1954, Biometrics 10: 417-451)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GResult:
    """The log-likelihood ratio statistic and its p-value."""

    statistic: float
    pvalue: float


def g_test(both: Pair) -> GResult:
    """G = 2 Σ observed · ln(observed / expected) over the 2 × k table, against chi-square on k - 1 degrees.

    Equal to ``scipy.stats.chi2_contingency(..., correction=False, lambda_="log-likelihood")``. A category that is
    expected fewer than 5 times on a side moves the p-value to permutation. One category alone gives 0 and 1.
    """
    statistic = float(_g(both.counts_x[None, :], both.counts_y[None, :])[0])
    cells = len(both.support)
    if cells < 2:
        return GResult(statistic=0.0, pvalue=1.0)
    expected = (both.counts_x + both.counts_y) * (min(both.n_x, both.n_y) / (both.n_x + both.n_y))
    if expected.min() < RARE and can_deal(both):
        return GResult(statistic=statistic, pvalue=permutation_pvalue(both, _g))
    from scipy.special import chdtrc

    return GResult(statistic=statistic, pvalue=float(chdtrc(cells - 1, statistic)))


def _g(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.special import xlogy

    x, y = x.astype(np.float64), y.astype(np.float64)
    total = x + y
    rows_x, rows_y = x.sum(axis=1, keepdims=True), y.sum(axis=1, keepdims=True)
    rows = rows_x + rows_y
    side_x = xlogy(x, x * rows / (total * rows_x))
    side_y = xlogy(y, y * rows / (total * rows_y))
    return np.maximum(2.0 * (side_x + side_y).sum(axis=1), 0.0)
