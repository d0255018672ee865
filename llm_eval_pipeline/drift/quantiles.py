"""Quantiles of values with counts, and how far they moved."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from llm_eval_pipeline.drift.distributions import Distribution

REPORTED = (0.05, 0.5, 0.95, 0.99)
"""The quantiles whose shifts a report shows."""


def quantiles_of(values: np.ndarray, counts: np.ndarray, q: Sequence[float] | np.ndarray) -> np.ndarray:
    """The smallest value that at least a share ``q`` of the rows does not exceed; one for each ``q``.

    Equal to ``numpy.quantile(rows, q, method="inverted_cdf")`` (Hyndman and Fan 1996, definition 1). ``values`` ascend.

    Raises:
        ValueError: for no rows, or a share outside [0, 1].
    """
    shares = np.asarray(q, dtype=np.float64)
    if counts.sum() == 0:
        raise ValueError("no rows, so no quantile")
    if ((shares < 0) | (shares > 1)).any():
        raise ValueError(f"quantiles lie in [0, 1], got {shares.tolist()}")
    occurs = counts > 0
    reached = np.cumsum(counts[occurs])
    place = np.searchsorted(reached, np.maximum(shares * reached[-1] * (1 - 1e-15), 0.5), side="left")
    return values[occurs][np.minimum(place, len(reached) - 1)]


def quantile_shifts(current: Distribution, baseline: Distribution) -> dict[float, float]:
    """Each reported quantile of ``current`` less that of ``baseline``, in the metric's own unit.

    Raises:
        ValueError: when either has no rows.
    """
    now = quantiles_of(current.values, current.counts, REPORTED)
    then = quantiles_of(baseline.values, baseline.counts, REPORTED)
    return dict(zip(REPORTED, (now - then).tolist(), strict=True))
