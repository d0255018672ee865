"""Confidence intervals of the aggregates: one rule for rates, one for means, one for quantiles.

All at 95 %. None where there is too little to say anything. Where an example was asked several times, ``clusters``
says which rows are of one example; without it every row is one of its own.
"""

from __future__ import annotations

import math

import numpy as np

from llm_eval_pipeline.evaluation.clusters import effective_rows, mean_error

Interval = tuple[float, float] | None
Z = 1.959963984540054
"""The 97.5 % point of the standard normal distribution."""


def wilson(successes: float, n: float) -> Interval:
    """Wilson's score interval of a rate (Wilson 1927, JASA 22: 209-212); half a success is a tie, or a mean's share."""
    if n == 0:
        return None
    rate, z2 = successes / n, Z * Z
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = Z * math.sqrt(rate * (1 - rate) / n + z2 / (4 * n * n)) / (1 + z2 / n)
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def rate_interval(hits: np.ndarray, clusters: np.ndarray | None = None) -> Interval:
    """Wilson's interval of the share of ``hits``, an array of 0 and 1; None for none.

    With clusters it is Wilson's for as many independent rows as they are worth, which of the intervals compared by
    Dean and Pagano (2015, J. Survey Statistics and Methodology 3: 484-503) holds up for rates near 0 and 1 too,
    where a bootstrap of rows that are all alike has no width.
    """
    if len(hits) == 0:
        return None
    rate = float(hits.mean())
    n = len(hits) if clusters is None else effective_rows(hits, clusters)
    return wilson(rate * n if 0 < rate < 1 else n * round(rate), n)


def mean_interval(values: np.ndarray, clusters: np.ndarray | None = None) -> Interval:
    """Student's t interval of a mean, with the clusters' standard error; None for fewer than two values or clusters."""
    independent = len(values) if clusters is None else len(np.unique(clusters))
    if independent < 2:
        return None
    from scipy.special import stdtrit

    error = values.std(ddof=1) / math.sqrt(len(values)) if clusters is None else mean_error(values, clusters)
    half = float(stdtrit(independent - 1, 0.975) * error)
    mean = float(values.mean())
    return mean - half, mean + half


def quantile_interval(values: np.ndarray, q: float, clusters: np.ndarray | None = None) -> Interval:
    """The interval between two order statistics that covers a quantile (Conover 1999, section 3.2).

    The ranks come from the normal approximation to the binomial, and are held inside the sample and around the
    sample's own quantile; None for fewer than two values. With clusters the ranks lie as far apart as for the number
    of independent rows that they are worth (Woodruff 1952, JASA 47: 635-646).
    """
    n = len(values)
    if n < 2:
        return None
    ordered = np.sort(values)
    worth = float(n)
    if clusters is not None:
        worth = effective_rows((values <= np.quantile(values, q)).astype(float), clusters)
    half = Z * n * math.sqrt(q * (1 - q) / worth)
    low = min(max(math.floor(n * q - half), 0), math.floor((n - 1) * q))
    high = min(max(math.ceil(n * q + half), 0), n - 1)
    return float(ordered[low]), float(ordered[high])
