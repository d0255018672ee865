"""Rates: two of them compared, and one of them held against a stated limit."""

from __future__ import annotations

import math

import numpy as np

from llm_eval_pipeline.drift.ks import EXACT_ROWS

Z95 = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def fisher(successes_x: int, n_x: int, successes_y: int, n_y: int) -> float:
    """Fisher's exact two-sided p-value for two rates.

    Where every expected cell is over 10,000 the chi-square approximation replaces it: the two then agree to three
    digits, and the exact sum runs over as many tables as there are rows.

    Raises:
        ValueError: for a count outside its number of rows.
    """
    _check(successes_x, n_x)
    _check(successes_y, n_y)
    hits, rows = successes_x + successes_y, n_x + n_y
    if n_x == 0 or n_y == 0 or hits in (0, rows):
        return 1.0
    if min(hits, rows - hits) * (min(n_x, n_y) / rows) > EXACT_ROWS:
        share = hits / rows
        deviation = math.sqrt(share * (1 - share) * (1 / n_x + 1 / n_y))
        return math.erfc(abs(successes_x / n_x - successes_y / n_y) / deviation / math.sqrt(2))
    return _sum_of_rarer_tables(successes_x, n_x, n_y, hits)


def _sum_of_rarer_tables(successes_x: int, n_x: int, n_y: int, hits: int) -> float:
    """The hypergeometric probability of all tables no likelier than the one that was seen."""
    from scipy.special import gammaln

    possible = np.arange(max(0, hits - n_y), min(hits, n_x) + 1, dtype=np.float64)
    misses = hits - possible
    log_share = -(gammaln(possible + 1) + gammaln(n_x - possible + 1) + gammaln(misses + 1) + gammaln(n_y - misses + 1))
    share = np.exp(log_share - log_share.max())
    seen = share[successes_x - int(possible[0])]
    return float(min(1.0, share[share <= seen * (1 + 1e-7)].sum() / share.sum()))


def newcombe(successes_x: int, n_x: int, successes_y: int, n_y: int, z: float = Z95) -> tuple[float, float]:
    """Interval of rate x less rate y, by the hybrid score method (Newcombe 1998, Stat. in Medicine 17: 873, no. 10).

    Raises:
        ValueError: for a count outside its number of rows, or a side without rows.
    """
    low_x, high_x = _wilson(successes_x, n_x, z)
    low_y, high_y = _wilson(successes_y, n_y, z)
    x, y = successes_x / n_x, successes_y / n_y
    low = x - y - math.hypot(x - low_x, high_y - y)
    high = x - y + math.hypot(high_x - x, y - low_y)
    return max(-1.0, low), min(1.0, high)


def over_limit(successes: int, n: int, limit: float) -> float:
    """Exact binomial p-value that the rate is over a stated limit: P(at least this many | rate = limit).

    Raises:
        ValueError: for a count outside its number of rows, or a limit outside [0, 1].
    """
    _check(successes, n)
    if not 0.0 <= limit <= 1.0:
        raise ValueError(f"a limit on a rate lies in [0, 1], got {limit}")
    if successes == 0:
        return 1.0
    from scipy.special import betainc

    return float(betainc(successes, n - successes + 1, limit))


def _wilson(successes: int, n: int, z: float) -> tuple[float, float]:
    _check(successes, n)
    if n == 0:
        raise ValueError("a rate needs at least one row")
    rate, z2 = successes / n, z * z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    return centre - half, centre + half


def _check(successes: int, n: int) -> None:
    if not 0 <= successes <= n:
        raise ValueError(f"{successes} of {n} rows is no rate")
