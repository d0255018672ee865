"""A metric's values in one window, as distinct values and how often each occurs. No comparison of two windows here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """Distinct values in ascending order (floats, or labels) and their counts; both arrays have one shape ``(k,)``.

    ``unscored`` counts the rows that have no value: None, NaN, or an infinite number.
    """

    values: np.ndarray
    counts: np.ndarray
    unscored: int = 0

    @property
    def n(self) -> int:
        """Rows that have a value."""
        return int(self.counts.sum())

    @property
    def rows(self) -> int:
        """All rows, with the unscored ones."""
        return self.n + self.unscored

    @property
    def mean(self) -> float | None:
        """Mean of the values; None for labels and for no rows."""
        if self.n == 0 or self.values.dtype.kind == "U":
            return None
        return float((self.values * self.counts).sum()) / self.n

    @property
    def scale(self) -> float:
        """Population standard deviation; where all values are equal their size, and 1 where they are all zero."""
        mean = self.mean
        if mean is None:
            return 1.0
        deviation = float(np.sqrt(((self.values - mean) ** 2 * self.counts).sum() / self.n))
        return deviation if deviation > 1e-12 * abs(mean) else abs(mean) or 1.0


def checked(values: Sequence[Any] | np.ndarray, counts: Sequence[int] | np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The two as arrays, values as floats and counts as int64.

    Raises:
        ValueError: when the lengths differ, or a count is negative or no whole number.
    """
    value_array, count_array = np.asarray(values, dtype=np.float64), whole_counts(counts)
    if value_array.shape != count_array.shape or value_array.ndim != 1:
        raise ValueError(f"{value_array.size} values and {count_array.size} counts; each value needs one count")
    return value_array, count_array


def whole_counts(counts: Sequence[int] | np.ndarray) -> np.ndarray:
    """Counts as int64.

    Raises:
        ValueError: for a count that is negative or no whole number.
    """
    given = np.asarray(counts)
    if given.size and not np.all(np.isfinite(given) & (given >= 0) & (given == np.floor(given))):
        raise ValueError("counts must be whole numbers of at least 0")
    return given.astype(np.int64)


def distribution(values: Sequence[Any] | np.ndarray, counts: Sequence[int] | np.ndarray) -> Distribution:
    """Numbers and how often each occurs, gathered into distinct values; a value may come more than once.

    Raises:
        ValueError: when the lengths differ, or a count is negative or no whole number.
    """
    value_array, count_array = checked(values, counts)
    scored = np.isfinite(value_array)
    unscored = int(count_array[~scored].sum())
    return _gathered(value_array[scored], count_array[scored], unscored)


def categories(labels: Sequence[Any] | np.ndarray, counts: Sequence[int] | np.ndarray) -> Distribution:
    """Labels and how often each occurs; a None is unscored.

    Raises:
        ValueError: when the lengths differ, or a count is negative or no whole number.
    """
    count_array = whole_counts(counts)
    if len(labels) != count_array.size:
        raise ValueError(f"{len(labels)} labels and {count_array.size} counts; each label needs one count")
    scored = np.array([label is not None for label in labels], dtype=bool)
    unscored = int(count_array[~scored].sum())
    names = np.array([str(label) for label in labels if label is not None], dtype=np.str_)
    return _gathered(names, count_array[scored], unscored)


def pooled(parts: Iterable[Distribution]) -> Distribution:
    """The sum of several distributions of one metric.

    Raises:
        ValueError: for no part at all.
    """
    found = list(parts)
    if not found:
        raise ValueError("no distribution to pool")
    return _gathered(
        np.concatenate([part.values for part in found]),
        np.concatenate([part.counts for part in found]),
        sum(part.unscored for part in found),
    )


def _gathered(values: np.ndarray, counts: np.ndarray, unscored: int) -> Distribution:
    occurs = counts > 0
    values, counts = values[occurs], counts[occurs]
    if (values[1:] > values[:-1]).all():  # as profiles are
        return Distribution(values=values, counts=counts, unscored=unscored)
    distinct, place = np.unique(values, return_inverse=True)
    sums = np.zeros(len(distinct), dtype=np.int64)
    np.add.at(sums, place, counts)
    return Distribution(values=distinct, counts=sums, unscored=unscored)
