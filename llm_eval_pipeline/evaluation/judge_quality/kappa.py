"""Cohen's kappa, plain and with quadratic weights: agreement of two raters beyond what their habits alone would give.

1 is full agreement, 0 is what two raters with these habits would reach by chance, below 0 is less than that.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from llm_eval_pipeline.evaluation.intervals import Z
from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate


def cohens_kappa(human: ArrayLike, judge: ArrayLike) -> Estimate | None:
    """Cohen's kappa of two raters' categories (Cohen 1960, Educ. Psychol. Meas. 20: 37-46).

    Args:
        human: the people's categories, one per case; booleans or anything else that can be sorted.
        judge: the judge's, in the same order.

    Returns:
        Kappa with the large-sample interval of Fleiss, Cohen & Everitt (1969, Psychol. Bull. 72: 323-327). Where that
        has no width (full agreement, or a judge with one category) it is taken with one more case, spread over the
        empty cells. None for fewer than two cases, or where people used one category only: agreement beyond chance
        is then undefined or 0 whatever the judge does.
    """
    rows, columns, categories = _coded(human, judge)
    return _kappa(rows, columns, len(categories), np.eye(len(categories)))


def weighted_kappa(human: ArrayLike, judge: ArrayLike) -> Estimate | None:
    """Kappa of scores, where a disagreement weighs as its square (Cohen 1968, Psychol. Bull. 70: 213-220).

    The weights are the squared distances of the scores themselves, so it needs no equal steps, and it equals the
    usual quadratic weighted kappa where the steps are equal.

    Args:
        human: the people's scores, one per case.
        judge: the judge's, in the same order and on the same scale; it may use finer steps.

    Returns:
        As :func:`cohens_kappa` does, with the same authors' variance for weights.
    """
    rows, columns, values = _coded(np.asarray(human, float), np.asarray(judge, float))
    if len(values) < 2:
        return None
    distance = (values[:, None] - values[None, :]) / (values[-1] - values[0])
    return _kappa(rows, columns, len(values), 1 - distance**2)


def _coded(human: ArrayLike, judge: ArrayLike) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows, columns = np.asarray(human), np.asarray(judge)
    if rows.shape != columns.shape or rows.ndim != 1:
        raise ValueError(f"two raters of the same cases are needed, got {rows.shape} and {columns.shape} ratings")
    categories, codes = np.unique(np.concatenate([rows, columns]), return_inverse=True)
    return codes[: len(rows)], codes[len(rows) :], categories


def _kappa(rows: np.ndarray, columns: np.ndarray, size: int, weights: np.ndarray) -> Estimate | None:
    if len(rows) < 2 or len(np.unique(rows)) < 2:
        return None
    table = np.zeros((size, size))
    np.add.at(table, (rows, columns), 1.0)
    value, error = _with_error(table, weights)
    low, high = value - Z * error, value + Z * error
    if error < 1e-9:  # no case speaks against the value; a few cases are not certain for that: one more might
        empty = table == 0
        other, error = _with_error(table + empty / max(1, empty.sum()), weights)
        low, high = min(value, other - Z * error), max(value, other + Z * error)
    return Estimate(value=value, low=low, high=high).clipped(-1.0, 1.0)


def _with_error(table: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Kappa of a table of counts, and its standard error."""
    n = table.sum()
    shares = table / n
    human, judge = shares.sum(axis=1), shares.sum(axis=0)
    agreed, expected = float((weights * shares).sum()), float(human @ weights @ judge)
    kappa = (agreed - expected) / (1 - expected)
    by_chance = (weights @ judge)[:, None] + (human @ weights)[None, :]
    spread = float((shares * (weights - by_chance * (1 - kappa)) ** 2).sum())
    variance = (spread - (kappa - expected * (1 - kappa)) ** 2) / (n * (1 - expected) ** 2)
    return kappa, math.sqrt(max(0.0, variance))
