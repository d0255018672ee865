"""Two distributions of one metric on one support: what every distance and test of two samples starts from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from llm_eval_pipeline.drift.distributions import Distribution


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """The values that occur in either, ascending, and each one's count in ``x`` and in ``y``; all of shape ``(k,)``."""

    support: np.ndarray
    counts_x: np.ndarray
    counts_y: np.ndarray

    @property
    def n_x(self) -> int:
        """Rows of ``x``."""
        return int(self.counts_x.sum())

    @property
    def n_y(self) -> int:
        """Rows of ``y``."""
        return int(self.counts_y.sum())

    @property
    def shares(self) -> tuple[np.ndarray, np.ndarray]:
        """Each value's share of ``x`` and of ``y``."""
        return self.counts_x / self.n_x, self.counts_y / self.n_y

    @property
    def cdf_gap(self) -> np.ndarray:
        """The empirical distribution function of ``x`` less that of ``y``, at each value."""
        return np.cumsum(self.counts_x) / self.n_x - np.cumsum(self.counts_y) / self.n_y


def pair(x: Distribution, y: Distribution) -> Pair:
    """Both on their joint support.

    Raises:
        ValueError: when either has no rows.
    """
    for name, side in (("first", x), ("second", y)):
        if side.n == 0:
            raise ValueError(f"the {name} sample is empty; two samples are compared only when both have rows")
    support = np.concatenate([x.values, y.values])
    support.sort(kind="stable")  # which merges two runs that are in order
    support = support[np.concatenate([[True], support[1:] != support[:-1]])]
    counts = []
    for side in (x, y):
        on_support = np.zeros(len(support), dtype=np.int64)
        on_support[np.searchsorted(support, side.values)] = side.counts
        counts.append(on_support)
    return Pair(support=support, counts_x=counts[0], counts_y=counts[1])
