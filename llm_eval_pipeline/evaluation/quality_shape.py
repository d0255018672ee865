"""The shape of quality: whether a mean stands for the answers, or hides two groups of them.

A mean of 0.80 can be answers of about 0.80, or four in five of 0.95 and one of 0.20; people act differently on the two.

The split is Otsu's (1979, IEEE Trans. Systems, Man, and Cybernetics 9: 62-66): between two distinct scores, where the
variance between the groups is largest. His separability is that variance over the whole. One group of answers can
reach much of it: 0.75 when scores are spread evenly, 8/9 with most at 1 and a thin even tail. Two groups are claimed
only where it is surely over what any single-peaked distribution with such a share of low scores reaches.

Rubric scores repeat a few values, which Hartigan's dip test takes for peaks, and a pile near 1 with a tail is skewed,
which Sarle's coefficient takes for two; this split minds neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_eval_pipeline.evaluation.clusters import mean_error
from llm_eval_pipeline.evaluation.intervals import Z

LEAST_ROWS = 20
"""With fewer scored rows evenly spread scores look like two groups too often."""
LEAST_IN_GROUP = 4
LEAST_SHARE = 0.05
"""A smaller group is outliers."""
LEAST_APART = 0.25
"""Group means that are closer are no matter for a reader, however clean the split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Scores cut in two: how well, and which are low.

    ``separability`` is in [0, 1], and 0 where all scores are alike; ``error`` is its standard error; ``low`` has shape
    (rows,).
    """

    separability: float
    error: float
    low: np.ndarray
    low_mean: float
    high_mean: float

    @property
    def interval(self) -> tuple[float, float]:
        """The separability's 95 % interval."""
        return max(0.0, self.separability - Z * self.error), min(1.0, self.separability + Z * self.error)

    @property
    def bimodal(self) -> bool:
        """Two groups: surely cleaner than one can be, far enough apart, and neither a handful of outliers."""
        share = float(self.low.mean())
        return (
            self.interval[0] > unimodal_limit(share)
            and self.high_mean - self.low_mean >= LEAST_APART
            and min(share, 1 - share) * len(self.low) >= max(LEAST_IN_GROUP, LEAST_SHARE * len(self.low)) - 1e-9
        )


def unimodal_limit(share: float) -> float:
    """The largest separability of a single-peaked distribution that Otsu's split cuts at ``share`` from either end.

    It is reached by a part e of the scores spread evenly over [0, 1] and the rest at 1. The split t lies half-way
    between the groups' means, t/2 and 3t/2, so e = (2 - 3t) / (1 - 2t²) for t from 1/2 to 2/3. The share is then
    s = e·t and the separability s (1 - s) t² / (1 - 2e/3 - (1 - e/2)²).
    """
    return float(np.interp(min(share, 1 - share), _SHARES, _LIMITS))


def _limits() -> tuple[np.ndarray, np.ndarray]:
    at = np.linspace(2 / 3, 1 / 2, 65)[1:]
    even = (2 - 3 * at) / (1 - 2 * at**2)
    share = even * at
    limits = share * (1 - share) * at**2 / (1 - 2 * even / 3 - (1 - even / 2) ** 2)
    return np.array([0.0, *share]), np.array([8 / 9, *limits])


_SHARES, _LIMITS = _limits()


def split(scores: np.ndarray, clusters: np.ndarray | None = None) -> Split | None:
    """Otsu's split of scores of shape (rows,) without NaN; None for fewer than 20.

    ``clusters`` says which rows are repetitions of one example, for the standard error.
    """
    if len(scores) < LEAST_ROWS:
        return None
    values, counts = np.unique(scores, return_counts=True)
    mean, variance = float(scores.mean()), float(scores.var())
    if len(values) == 1 or variance == 0:
        return Split(separability=0.0, error=0.0, low=np.zeros(len(scores), dtype=bool), low_mean=mean, high_mean=mean)
    share = np.cumsum(counts)[:-1] / len(scores)
    below = np.cumsum(counts * values)[:-1] / len(scores)
    between = (mean * share - below) ** 2 / (share * (1 - share))
    low = scores <= values[int(between.argmax())]
    low_mean, high_mean = float(scores[low].mean()), float(scores[~low].mean())
    within = (scores - np.where(low, low_mean, high_mean)) ** 2
    separability = 1 - float(within.mean()) / variance
    # the first-order effect of each row on the separability, the split held where it is
    influence = ((1 - separability) * (scores - mean) ** 2 - within) / variance
    rows = np.arange(len(scores)) if clusters is None else clusters
    enough = len(np.unique(rows)) > 1
    return Split(
        separability=separability,
        error=mean_error(influence, rows) if enough else float("inf"),
        low=low,
        low_mean=low_mean,
        high_mean=high_mean,
    )


def readings(aggregates: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """What to read where a mean hides two groups: ``model``, ``feature`` and a sentence for each such slice.

    Args:
        aggregates: rows of ``aggregate_metrics``.
    """
    slices: dict[tuple[str, str], dict[str, float | None]] = {}
    for row in aggregates:
        slices.setdefault((row["model"], row["feature"]), {})[row["metric"]] = row["value"]
    found = []
    for (model, feature), values in slices.items():
        share, low, high = (values.get(f"eval/quality_{name}") for name in _GROUPS)
        if share is not None:
            text = f"{share:.0%} of answers average {low:.2f}, the rest {high:.2f}"
            found.append({"model": model, "feature": feature, "quality": text})
    return found


_GROUPS = ("low_group_share", "low_group_mean", "high_group_mean")
