"""A mean as judged, corrected with the few cases that people scored too: prediction-powered inference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate

LEAST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class PoweredMean:
    """A corrected mean, and ``weight``, the share of the judge's word that went into it (the papers' lambda)."""

    mean: Estimate
    weight: float


def powered_mean(
    human: ArrayLike, judge: ArrayLike, judge_alone: ArrayLike, *, weight: float | None = None
) -> PoweredMean | None:
    """The mean that people would give, from many judged cases and a few that people scored as well.

    w · mean(judge_alone) + mean(human - w · judge), by Angelopoulos, Bates, Fannjiang, Jordan & Zrnic (2023, Science
    382: 669-674). With ``weight=None`` w is tuned for the narrowest interval, between 0 (people's scores alone) and 1,
    by Angelopoulos, Duchi & Zrnic (2023, PPI++, arXiv:2311.01453). The interval is Student's, with Welch's degrees of
    freedom, since the labelled cases are few.

    What must hold depends on w. With w = 1 it is enough that the judge's mean error is the same on both sets. With
    any other w the labelled cases must be a random sample of the same population as the others, since the labelled
    cases' own mean then draws the result towards itself.

    Args:
        human: people's scores of the labelled cases.
        judge: the judge's scores of the same cases, in the same order.
        judge_alone: the judge's scores of the other cases.
        weight: w, or None to tune it.

    Returns:
        None for fewer than two cases on either side.
    """
    ours, theirs, alone = (np.asarray(values, float) for values in (human, judge, judge_alone))
    if ours.shape != theirs.shape:
        raise ValueError(f"people and judge must score the same cases, got {len(ours)} and {len(theirs)} scores")
    if min(len(ours), len(alone)) < LEAST:
        return None
    used = tuned_weight(ours, theirs, alone) if weight is None else weight
    errors = ours - used * theirs
    value = used * float(alone.mean()) + float(errors.mean())
    parts = [(used**2 * float(alone.var(ddof=1)) / len(alone), len(alone) - 1)]
    parts.append((float(errors.var(ddof=1)) / len(errors), len(errors) - 1))
    half = _half_width(parts)
    return PoweredMean(mean=Estimate(value=value, low=value - half, high=value + half), weight=used)


def tuned_weight(human: np.ndarray, judge: np.ndarray, judge_alone: np.ndarray) -> float:
    """The w of the narrowest interval: cov(human, judge) / ((1 + n / N) · var(judge)), held in [0, 1]."""
    spread = float(np.concatenate([judge, judge_alone]).var(ddof=1))
    if spread < 1e-12:
        return 0.0
    shared = float(np.mean((human - human.mean()) * (judge - judge.mean())))
    return min(1.0, max(0.0, shared / ((1 + len(judge) / len(judge_alone)) * spread)))


def _half_width(parts: list[tuple[float, int]]) -> float:
    """Half the 95 % interval of a sum of independent means, each with its variance and degrees of freedom."""
    variance = sum(part for part, _ in parts)
    if variance == 0:
        return 0.0
    from scipy.special import stdtrit

    freedom = variance**2 / sum(part**2 / degrees for part, degrees in parts)
    return float(stdtrit(freedom, 0.975)) * variance**0.5
