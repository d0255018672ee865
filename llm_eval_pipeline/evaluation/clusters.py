"""Repetitions of one example are not independent: what a cluster of rows is worth.

A model that fails an example tends to fail it again, so ten repetitions of 100 examples know less than 1,000 examples.
With one row per cluster everything here is what it is for independent rows. After Miller 2024, "Adding Error Bars to
Evals" (arXiv 2411.00640), and Cochran 1977, Sampling Techniques, chapter 9.
"""

from __future__ import annotations

import math

import numpy as np


def cluster_sums(values: np.ndarray, clusters: np.ndarray) -> np.ndarray:
    """The sum of each cluster that has rows, of shape (clusters,); both arguments have shape (rows,)."""
    present, place = np.unique(clusters, return_inverse=True)
    return np.bincount(place, weights=values, minlength=len(present))


def mean_error(values: np.ndarray, clusters: np.ndarray) -> float:
    """Standard error of the mean of all rows, when rows of one cluster may depend on each other.

    With residuals u = x - mean summed in each of G clusters: sqrt(G / (G - 1) · Σ u²) / n.

    Raises:
        ValueError: for fewer than two clusters, of which nothing can be said.
    """
    residuals = cluster_sums(values - values.mean(), clusters)
    if len(residuals) < 2:
        raise ValueError(f"{len(residuals)} clusters say nothing of how clusters differ; at least 2 are needed")
    return math.sqrt(len(residuals) / (len(residuals) - 1) * float(residuals @ residuals)) / len(values)


def effective_rows(values: np.ndarray, clusters: np.ndarray) -> float:
    """How many independent rows would know the mean as well: rows over the design effect, at most all rows.

    Rows that are all alike show nothing of the dependence; then a cluster counts as one row, which is the least that it
    is worth where clusters are of one size.
    """
    n, independent = len(values), len(np.unique(clusters))
    simple = float(values.var(ddof=1)) / n if n > 1 else 0.0
    if independent < 2 or simple == 0:
        return float(independent)
    clustered = mean_error(values, clusters) ** 2
    return float(n) if clustered <= simple else n * simple / clustered
