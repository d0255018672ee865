"""Many metrics are tested each week: p-values that allow for it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def benjamini_hochberg(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the given order; a None (no test was made) stays None and is no part of the family.

    Equal to ``scipy.stats.false_discovery_control`` (Benjamini and Hochberg 1995, JRSS B 57: 289-300).

    Raises:
        ValueError: for a p-value outside [0, 1].
    """
    tested = [place for place, p in enumerate(p_values) if p is not None]
    known = np.array([p for p in p_values if p is not None], dtype=np.float64)
    if not np.all((known >= 0) & (known <= 1)):
        raise ValueError(f"p-values lie in [0, 1], got {known.tolist()}")
    order = np.argsort(known, kind="stable")
    scaled = known[order] * len(known) / np.arange(1, len(known) + 1)
    monotone = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    adjusted: list[float | None] = [None] * len(p_values)
    for rank, place in enumerate(order):
        adjusted[tested[place]] = float(monotone[rank])
    return adjusted
