"""The smallest shift that a window could have shown, so that "stable" and "could not tell" are two answers."""

from __future__ import annotations

import math

from llm_eval_pipeline.drift.distributions import Distribution
from llm_eval_pipeline.drift.metrics import Metric

POWER_Z = 0.8416212335729143
"""The 80 % point of the standard normal distribution."""
NORMAL_DENSITY = 1 / math.sqrt(2 * math.pi)


def smallest_detectable(
    metric: Metric, current: Distribution, baseline: Distribution, floor: float, alpha: float
) -> float:
    """The shift of the kind's first effect that this window shows four times in five, the floor allowed for.

    ``alpha`` is the p-value that a metric alone would need. Approximate: for KS the shift of a normal distribution
    whose gap reaches the asymptotic critical value √(-ln(α / 2) / 2) (Smirnov 1948); for rates the normal
    approximation; for categories the distance at which G's mean passes the normal approximation to its critical value.
    """
    from scipy.special import ndtri

    rows = 1 / current.n + 1 / baseline.n
    chance = 0.0 if metric.same_items else POWER_Z  # the same items leave nothing to chance but the test's own bar
    needed_z = float(ndtri(1 - alpha / 2)) + chance
    if metric.kind == "rate":
        rate = ((baseline.mean or 0.0) * baseline.n + 0.5) / (baseline.n + 1)
        spread = math.sqrt(rate * (1 - rate) * rows)
        return max(needed_z * spread + needed_z**2 * rows / 4, floor + chance * spread)
    if metric.kind == "category":
        freedom = max(len(baseline.values) - 1, 1)
        needed_g = freedom + needed_z * math.sqrt(2 * freedom) + needed_z**2
        return max(math.sqrt(needed_g * rows / (8 * math.log(2))), floor)
    gap = (math.sqrt(-math.log(alpha / 2) / 2) + chance / 2) * math.sqrt(rows)
    if metric.kind == "ordinal":
        return max(math.sqrt(2) * gap, floor + chance * math.sqrt(rows / 3))
    return max(gap / NORMAL_DENSITY, floor + chance * math.sqrt(rows))
