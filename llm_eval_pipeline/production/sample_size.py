"""How large a judged sample has to be to show a fall in mean quality, and what fall a sample can show.

Two means are compared, the week's and that of a baseline of ``weeks`` weeks of the same size. A fall δ shows with power
1 - β at a two-sided level α when δ² >= (z(1 - α/2) + z(1 - β))² · σ² · deff · (1 + 1 / weeks) / n
(Chow, Shao, Wang & Lokhnygina 2017, Sample Size Calculations in Clinical Research, section 3.2; deff after Kish 1965).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from llm_eval_pipeline.production.seats import design_effect

LARGEST_SPREAD = 0.5
"""The standard deviation that scores in [0, 1] have at the most (Popoviciu)."""
POWER = 0.8
_LEAST = 30


def needed(fall: float, spread: float, *, weeks: int, alpha: float) -> int:
    """The judged traces a week, of equal weight, with which a fall of the mean shows four times in five.

    Args:
        fall: of the mean, over 0.
        spread: the scores' standard deviation.
        weeks: of the baseline.
        alpha: the test's two-sided level.
    """
    return max(1, math.ceil(_bar(alpha) ** 2 * spread**2 * (1 + 1 / weeks) / fall**2))


def detectable(scores: Sequence[float], weights: Sequence[float], *, weeks: int, alpha: float) -> float | None:
    """The smallest fall of the mean that a sample like this one shows four times in five.

    None of fewer than two scores, and of scores that are all the same, which do not tell how far scores spread.

    Args:
        scores: of the traces, shape ``(n,)``.
        weights: how many traces each stands for, shape ``(n,)``.
        weeks: of the baseline.
        alpha: the test's two-sided level.
    """
    if len(scores) < 2:
        return None
    spread = _deviation(scores, weights)
    return _bar(alpha) * spread * math.sqrt(design_effect(weights) * (1 + 1 / weeks) / len(scores)) or None


def spread_of(scores: Sequence[float], weights: Sequence[float]) -> float:
    """The standard deviation of some scores; of fewer than 30, or where all are the same, the largest that there is."""
    return (_deviation(scores, weights) if len(scores) >= _LEAST else 0.0) or LARGEST_SPREAD


def _deviation(scores: Sequence[float], weights: Sequence[float]) -> float:
    everything = sum(weights)
    if min(scores) == max(scores):
        return 0.0
    mean = sum(w * x for w, x in zip(weights, scores, strict=True)) / everything
    variance = sum(w * (x - mean) ** 2 for w, x in zip(weights, scores, strict=True)) / everything
    return math.sqrt(variance * len(scores) / (len(scores) - 1))


def _bar(alpha: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2) + ndtri(POWER))
