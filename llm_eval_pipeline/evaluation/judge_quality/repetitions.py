"""A judge held against itself: k judgements of the same case, and how far they agree.

A judge that does not repeat itself cannot agree with people either, so this is the ceiling of every other figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

Scores = Sequence[Sequence[float | None]]
"""By case, its scores; None is a judgement without a score. Cases may have different numbers of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SelfAgreement:
    """How a judge repeats itself over ``cases`` that it scored at least twice; None where there is no such case.

    ``agreeing_pairs``: of all pairs of judgements of one case, the share that says the same on acceptable or not.
    ``within_sd``: the pooled standard deviation of the scores of one case. ``alpha``: Krippendorff's, interval metric.
    """

    cases: int
    agreeing_pairs: float | None
    within_sd: float | None
    alpha: float | None


def self_agreement(scores: Scores, least: float) -> SelfAgreement:
    """All three measures; the judge accepts a case from the score ``least`` on."""
    return SelfAgreement(
        cases=len(_repeated(scores)),
        agreeing_pairs=agreeing_pairs(scores, least),
        within_sd=within_sd(scores),
        alpha=krippendorff_alpha(scores),
    )


def agreeing_pairs(scores: Scores, least: float) -> float | None:
    """Of all pairs of judgements of one case, the share that agrees on acceptable or not; None without a pair."""
    agreeing = pairs = 0
    for case in _repeated(scores):
        accepted, k = int((case >= least).sum()), len(case)
        agreeing += accepted * (accepted - 1) // 2 + (k - accepted) * (k - accepted - 1) // 2
        pairs += k * (k - 1) // 2
    return agreeing / pairs if pairs else None


def within_sd(scores: Scores) -> float | None:
    """The standard deviation of one case's scores, pooled over cases by their degrees of freedom; None without any."""
    repeated = _repeated(scores)
    freedom = sum(len(case) - 1 for case in repeated)
    if not freedom:
        return None
    return float(np.sqrt(sum(((case - case.mean()) ** 2).sum() for case in repeated) / freedom))


def krippendorff_alpha(scores: Scores) -> float | None:
    """Krippendorff's alpha with the interval metric (Krippendorff 2011, Computing Krippendorff's Alpha-Reliability).

    1 - (observed disagreement within cases) / (disagreement of all scores among themselves), both as mean squared
    differences over ordered pairs; a case's pairs weigh 1 / (its number of scores - 1). Cases with one score leave.

    Returns:
        None without a pair, or where every score is the same: nothing can then be told apart.
    """
    repeated = _repeated(scores)
    if not repeated:
        return None
    every = np.concatenate(repeated)
    n = len(every)
    expected = 2 * n * float(((every - every.mean()) ** 2).sum()) / (n - 1)  # squared differences over all pairs
    if len(np.unique(every)) < 2:
        return None
    observed = sum(2 * len(c) * float(((c - c.mean()) ** 2).sum()) / (len(c) - 1) for c in repeated)
    return 1 - observed / expected


def _repeated(scores: Scores) -> list[np.ndarray]:
    known = [np.array([score for score in case if score is not None], float) for case in scores]
    return [case for case in known if len(case) > 1]
