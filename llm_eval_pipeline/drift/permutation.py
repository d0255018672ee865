"""P-values by permutation: the rows of both windows are dealt anew, and the statistic counted again.

It is exact for ties, where the textbook distributions are not. The seed is fixed, so one input has one p-value.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from llm_eval_pipeline.drift.ks import KsResult, quick_ks
from llm_eval_pipeline.drift.pairs import Pair

SEED = 20_240_501
DEALS = 9_999
MOST_ROWS = 900_000_000
"""numpy deals multivariate hypergeometric draws from fewer than 10^9 rows."""
MOST_CELLS = 400
"""With more distinct values than this ties no longer matter, and dealing costs seconds."""
_FIRST = 100
_ENOUGH = 50

Statistic = Callable[[np.ndarray, np.ndarray], np.ndarray]
"""Counts of ``x`` and of ``y``, each of shape (deals, cells), to one statistic a deal; larger is more extreme."""


def can_deal(both: Pair) -> bool:
    """Whether the two samples are small enough to be dealt anew."""
    return both.n_x + both.n_y <= MOST_ROWS and len(both.support) <= MOST_CELLS


def permutation_pvalue(both: Pair, statistic: Statistic) -> float:
    """The share of deals that are at least as extreme as what was seen, the seen one included.

    Stops at 50 such deals (Besag and Clifford 1991, Biometrika 78: 301-304), at most after 9,999.
    """
    generator = np.random.default_rng(SEED)
    total = both.counts_x + both.counts_y
    seen = statistic(both.counts_x[None, :], both.counts_y[None, :])[0]
    extreme = dealt = 0
    while dealt < DEALS and extreme < _ENOUGH:
        size = min(max(_FIRST, dealt), 10 * _FIRST, DEALS - dealt)
        x = generator.multivariate_hypergeometric(total, both.n_x, size=size, method="marginals")
        extreme += int((statistic(x, total - x) >= seen - 1e-9 * max(1.0, abs(seen))).sum())
        dealt += size
    return (extreme + 1) / (dealt + 1)


def permutation_ks(both: Pair) -> KsResult:
    """The KS statistic with a p-value that knows ties; for scores with few distinct values.

    The textbook p-value bounds the permutation one from above, so where it already is below one in 10,000 it stands.
    """
    textbook = quick_ks(both)
    if textbook.pvalue < 1 / (DEALS + 1) or not can_deal(both):
        return textbook
    return KsResult(statistic=textbook.statistic, pvalue=permutation_pvalue(both, _largest_gap))


def _largest_gap(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    gap = np.cumsum(x, axis=1) / x.sum(axis=1, keepdims=True) - np.cumsum(y, axis=1) / y.sum(axis=1, keepdims=True)
    return np.abs(gap).max(axis=1)
