"""Confidence intervals of the aggregates: one rule for rates, one for means, one for quantiles.

All at 95 %. None where there is too little to say anything.
"""

from __future__ import annotations

import math

import numpy as np

Interval = tuple[float, float] | None
Z = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson(successes: float, n: int) -> Interval:
    """Wilson's score interval of a rate (Wilson 1927, JASA 22: 209-212); half a success is a tie, or a mean's share."""
    if n == 0:
        return None
    rate, z2 = successes / n, Z * Z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def mean_interval(values: np.ndarray) -> Interval:
    """Student's t interval of a mean; None for fewer than two values."""
    if len(values) < 2:
        return None
    from scipy.special import stdtrit

    half = float(stdtrit(len(values) - 1, 0.975) * values.std(ddof=1) / math.sqrt(len(values)))
    mean = float(values.mean())
    return mean - half, mean + half


def quantile_interval(values: np.ndarray, q: float) -> Interval:
    """The interval between two order statistics that covers a quantile (Conover 1999, section 3.2).

    The ranks come from the normal approximation to the binomial, and are held inside the sample and around the
    sample's own quantile; None for fewer than two values.
    """
    n = len(values)
    if n < 2:
        return None
    ordered = np.sort(values)
    half = Z * math.sqrt(n * q * (1 - q))
    low = min(max(math.floor(n * q - half), 0), math.floor((n - 1) * q))
    high = min(max(math.ceil(n * q + half), 0), n - 1)
    return float(ordered[low]), float(ordered[high])
