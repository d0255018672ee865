"""Distributions: values and how often each occurs.

The sum of several joins the values and sums the counts (``week_profiles.py``). Nothing is rounded again, so any order
of any grouping gives the same bits; the sum of exact profiles is exact, and one with a profile on the grid is off by no
more than the grid's relative error.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from llm_eval_pipeline.production.grid import Counts, Floats


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Distribution:
    """Distinct values in rising order, how often each occurs, and how many rows had no value."""

    values: Floats
    counts: Counts
    n_missing: int

    @property
    def n(self) -> int:
        """How many values there are."""
        return int(self.counts.sum())

    @property
    def pairs(self) -> tuple[Floats, Counts]:
        """(values, counts), as drift's functions take them."""
        return self.values, self.counts

    def mean(self) -> float | None:
        """The mean, or None of nothing; summed exactly, so that no order of adding shows."""
        total = math.fsum(float(value) * int(count) for value, count in zip(self.values, self.counts, strict=True))
        return total / self.n if self.n else None

    def quantile(self, share: float) -> float | None:
        """The smallest value that at least ``share`` of all values do not exceed, or None of nothing."""
        if not 0 <= share <= 1:
            raise ValueError(f"a quantile's share must be in [0, 1], got {share}")
        if not self.n:
            return None
        rank = max(1, math.ceil(Decimal(str(share)) * self.n))
        return float(self.values[np.searchsorted(np.cumsum(self.counts), rank, side="left")])
