"""Is a judge as right as it says it is sure? Its confidence against how often it was close to people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

GROUPS = 4
LEAST_PER_GROUP = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """What a judge says of its sureness, and what came of it.

    ``mean_confidence`` is what it says, ``close_share`` how often it was close to people. ``error`` is the expected
    calibration error: the mean distance of the two over groups of like confidence, weighted by their sizes; None with
    too few cases for two groups.
    """

    n: int
    mean_confidence: float
    close_share: float
    error: float | None


def calibration(human: ArrayLike, judge: ArrayLike, confidence: ArrayLike, close: float) -> Calibration | None:
    """Hold confidence against closeness (Naeini, Cooper & Hauskrecht 2015, AAAI, with groups of equal size).

    Args:
        human: people's scores.
        judge: the judge's scores, in the same order.
        confidence: in [0, 1], NaN where the judge says none.
        close: a score at most this far from people's is right.

    Returns:
        None for a judge that says nothing about its confidence.
    """
    sure = np.asarray(confidence, float)
    said = ~np.isnan(sure)
    if not said.any():
        return None
    sure = sure[said]
    gaps = np.abs(np.asarray(judge, float)[said] - np.asarray(human, float)[said])
    right = (gaps <= close + 1e-9).astype(float)
    groups = min(GROUPS, len(sure) // LEAST_PER_GROUP)
    error = None
    if groups >= 2:
        parts = np.array_split(np.argsort(sure, kind="stable"), groups)
        error = sum(len(part) * abs(float(sure[part].mean() - right[part].mean())) for part in parts) / len(sure)
    return Calibration(n=len(sure), mean_confidence=float(sure.mean()), close_share=float(right.mean()), error=error)
