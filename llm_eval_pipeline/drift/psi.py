"""The population stability index, for readers who know its rule of thumb: under 0.1 steady, over 0.25 shifted."""

from __future__ import annotations

import numpy as np

from llm_eval_pipeline.drift.pairs import Pair
from llm_eval_pipeline.drift.quantiles import quantiles_of


def psi(both: Pair) -> float:
    """Σ (x - y) · ln(x / y) over the support's shares, ``x`` the current window and ``y`` the baseline.

    Half a row is added to each cell, so that a category that one side lacks is large rather than infinite (Siddiqi
    2006, Credit Risk Scorecards).
    """
    return _index(both.counts_x, both.counts_y)


def binned_psi(both: Pair, bins: int = 10) -> float:
    """The same for numbers, over bins that each hold an equal share of the baseline ``y``.

    Raises:
        ValueError: for fewer than two bins.
    """
    if bins < 2:
        raise ValueError(f"an index over bins needs at least 2 of them, got {bins}")
    edges = np.unique(quantiles_of(both.support, both.counts_y, np.arange(1, bins) / bins))
    place = np.searchsorted(edges, both.support, side="left")
    x = np.bincount(place, weights=both.counts_x, minlength=len(edges) + 1)
    y = np.bincount(place, weights=both.counts_y, minlength=len(edges) + 1)
    return _index(x[(x + y) > 0], y[(x + y) > 0])


def _index(x: np.ndarray, y: np.ndarray) -> float:
    share_x = (x + 0.5) / (x.sum() + 0.5 * len(x))
    share_y = (y + 0.5) / (y.sum() + 0.5 * len(y))
    return float(((share_x - share_y) * np.log(share_x / share_y)).sum())
