"""How far the values moved, in standard deviations of the baseline."""

from __future__ import annotations

import numpy as np

from llm_eval_pipeline.drift.pairs import Pair


def wasserstein(both: Pair) -> float:
    """The first Wasserstein distance, in the metric's own unit: the area between the two distribution functions.

    Equal to ``scipy.stats.wasserstein_distance`` (Vallender 1974, Theory of Probability 18: 784-786).
    """
    return float(np.abs(both.cdf_gap[:-1]) @ np.diff(both.support))


def normed_wasserstein(both: Pair, scale: float) -> float:
    """The distance over ``scale``, the baseline's standard deviation: a pure shift by one deviation gives 1.

    Raises:
        ValueError: for a scale that is not positive.
    """
    if not scale > 0:
        raise ValueError(f"a distance is normed by a positive scale, got {scale}")
    return wasserstein(both) / scale
