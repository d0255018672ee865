"""A judge held against people: on who is acceptable, on the scores, and on how sure it says it is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from llm_eval_pipeline.evaluation.intervals import mean_interval, wilson
from llm_eval_pipeline.evaluation.judge_quality.estimate import Estimate
from llm_eval_pipeline.evaluation.judge_quality.kappa import cohens_kappa, weighted_kappa

LEAST_FOR_RANKS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Counts of cases; positive is what people find acceptable."""

    true_positives: int
    false_negatives: int
    true_negatives: int
    false_positives: int

    @property
    def positives(self) -> int:
        """Cases that people accept."""
        return self.true_positives + self.false_negatives

    @property
    def negatives(self) -> int:
        """Cases that people do not accept."""
        return self.true_negatives + self.false_positives

    @property
    def true_positive_rate(self) -> Estimate | None:
        """Of what people accept, the share that the judge accepts, with Wilson's interval; None without any."""
        return rate(self.true_positives, self.positives)

    @property
    def true_negative_rate(self) -> Estimate | None:
        """Of what people reject, the share that the judge rejects, with Wilson's interval; None without any."""
        return rate(self.true_negatives, self.negatives)

    @property
    def accuracy(self) -> Estimate | None:
        """The share of cases on which both say the same, with Wilson's interval; None without any."""
        return rate(self.true_positives + self.true_negatives, self.positives + self.negatives)


def rate(successes: int, n: int) -> Estimate | None:
    """A share with Wilson's interval; None of nothing."""
    interval = wilson(successes, n)
    return None if interval is None else Estimate(value=successes / n, low=interval[0], high=interval[1])


def confusion(human: ArrayLike, judge: ArrayLike) -> Confusion:
    """Counts of what people and the judge find acceptable (booleans, one per case, in the same order)."""
    ours, theirs = np.asarray(human, bool), np.asarray(judge, bool)
    return Confusion(
        true_positives=int((ours & theirs).sum()),
        false_negatives=int((ours & ~theirs).sum()),
        true_negatives=int((~ours & ~theirs).sum()),
        false_positives=int((~ours & theirs).sum()),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How a judge's scores of ``n`` cases stand to people's; what the cases cannot tell is None.

    ``mean_gap`` is the mean distance of the two scores, ``mean_bias`` the mean of the judge's minus the people's: above
    0 the judge is the kinder one.
    """

    n: int
    confusion: Confusion
    kappa: Estimate | None
    weighted_kappa: Estimate | None
    spearman: float | None
    mean_gap: float | None
    mean_bias: Estimate | None


def agreement(human_scores: ArrayLike, human_acceptable: ArrayLike, judge_scores: ArrayLike, least: float) -> Agreement:
    """Hold scores against people's.

    Args:
        human_scores: in [0, 1], one per case.
        human_acceptable: whether a person accepts it.
        judge_scores: in [0, 1]; cases that the judge did not score are left out before.
        least: the judge accepts a case from this score on.
    """
    human, judge = np.asarray(human_scores, float), np.asarray(judge_scores, float)
    accepted, judged = np.asarray(human_acceptable, bool), judge >= least
    gaps = judge - human
    bias = mean_interval(gaps)
    return Agreement(
        n=len(human),
        confusion=confusion(accepted, judged),
        kappa=cohens_kappa(accepted, judged),
        weighted_kappa=weighted_kappa(human, judge),
        spearman=_spearman(human, judge),
        mean_gap=float(np.abs(gaps).mean()) if len(gaps) else None,
        mean_bias=None if bias is None else Estimate(value=float(gaps.mean()), low=bias[0], high=bias[1]),
    )


def _spearman(human: np.ndarray, judge: np.ndarray) -> float | None:
    """Spearman's rank correlation; None for fewer than three cases, or where either gives one score to all."""
    if len(human) < LEAST_FOR_RANKS or len(np.unique(human)) < 2 or len(np.unique(judge)) < 2:
        return None
    from scipy.stats import rankdata

    return float(np.corrcoef(rankdata(human), rankdata(judge))[0, 1])
