"""A tally: one metric's values counted slice by slice, in one pass over any number of rows and in bounded memory.

A slice of few values keeps them as they are. One that has grown counts them by cell of the grid (``grid.py``), and each
cell remembers one of its values and how many equal it: so a cell that has held one value only, such as a score of
exactly 1, still is that value, and one that makes up a large share of its slice stays apart from its neighbours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from llm_eval_pipeline.production.grid import Counts, Floats, codes, merged, standing

EXACT = 512
"""So many values of a slice are kept as they are."""

FREQUENT = 64
"""A remembered value that makes up at least one in so many of its slice's values stays apart from its cell, exact.

A cell remembers the most frequent of the values that it saw first: rows sorted by trace show the frequent ones early.
"""

_CELLS = 256  # in a block, which is an octave of one slice
_OCTAVES = 4096
_LOOKED_AT = 16_384  # values at once, to choose which of them a cell remembers
Ids = NDArray[np.int64]


class YesNo:
    """Yes and no, counted by slice as 1 and 0; ``missing`` counts the rows of each slice that had neither."""

    def __init__(self) -> None:
        self._counts: Counts = np.zeros((0, 3), np.int64)

    @property
    def missing(self) -> Counts:
        """How many rows of each slice had neither, shape ``(slices,)``."""
        return self._counts[:, 2]

    def add(self, slices: Ids, values: Floats) -> None:
        """Count values that are 1, 0, or NaN for neither; see :meth:`Tally.add`."""
        self._make_room(int(slices.max(initial=-1)) + 1)
        kinds = np.where(np.isnan(values), 2, values == 1).astype(np.int64)
        self._counts += np.bincount(slices * 3 + kinds, minlength=self._counts.size).reshape(-1, 3)

    def absorb(self, other: YesNo, numbers: Sequence[int]) -> None:
        """Add another's counts; see :meth:`Tally.absorb`."""
        self._make_room(max(numbers, default=-1) + 1)
        np.add.at(self._counts, np.asarray(numbers, np.int64)[: len(other._counts)], other._counts)

    def profiles(self) -> Iterator[tuple[int, Floats, Counts]]:
        """Each slice that has values: its number, distinct values in rising order, and how often each occurs."""
        for number, (no, yes, _) in enumerate(self._counts.tolist()):
            there = [(value, count) for value, count in ((0.0, no), (1.0, yes)) if count]
            if there:
                yield number, np.array([value for value, _ in there]), np.array([count for _, count in there])

    def _make_room(self, slices: int) -> None:
        if (more := slices - len(self._counts)) > 0:
            self._counts = np.concatenate([self._counts, np.zeros((more, 3), np.int64)])


class Tally:
    """Values by slice; ``missing`` counts the rows of each slice that had none.

    It holds the values of a slice with few, and for one that has grown a number for each octave, and two counts and a
    value for each cell of those octaves that it has values in, whatever the rows.
    """

    def __init__(self) -> None:
        self.missing: Counts = np.zeros(0, np.int64)
        self._held: list[tuple[Ids, Floats]] = []
        self._n_held: Counts = np.zeros(0, np.int64)
        self._rows: Ids = np.zeros(0, np.int64)  # of each slice that has grown, its row among the blocks; -1 of others
        self._blocks = np.zeros((0, _OCTAVES), np.int64)
        self._slices: list[int] = []  # of each such row, its slice
        self._owners: list[tuple[int, int]] = []  # of each block, its row and octave
        self._remembered: Floats = np.zeros(0)
        self._equal: Counts = np.zeros(0, np.int64)
        self._others: Counts = np.zeros(0, np.int64)

    def add(self, slices: Ids, values: Floats) -> None:
        """Count values.

        Args:
            slices: the number of each row's slice, shape ``(n,)``.
            values: the rows' values, NaN where a row has none, shape ``(n,)``.

        Raises:
            ValueError: when a value is infinite.
        """
        self._make_room(int(slices.max(initial=-1)) + 1)
        nothing = np.isnan(values)
        if nothing.any():
            self.missing += np.bincount(slices[nothing], minlength=len(self.missing))
            slices, values = slices[~nothing], values[~nothing]
        if (self._rows >= 0).all() or (grown := self._rows[slices] >= 0).all():
            self._count(slices, values)
            return
        self._count(slices[grown], values[grown])
        self._hold(slices[~grown], values[~grown])

    def absorb(self, other: Tally, numbers: Sequence[int]) -> None:
        """Add another tally, whose slice ``i`` is the slice ``numbers[i]`` here."""
        own = np.asarray(numbers, np.int64)
        self._make_room(int(own.max(initial=-1)) + 1)
        np.add.at(self.missing, own[: len(other.missing)], other.missing)
        which = np.zeros(len(self._rows), np.bool_)
        which[own[: len(other._rows)]] = other._rows >= 0
        self._grow(which)
        for block, (row, octave) in enumerate(other._owners):
            here = self._block(int(self._rows[own[other._slices[row]]]), octave) * _CELLS
            there = block * _CELLS
            self._join(slice(here, here + _CELLS), other, slice(there, there + _CELLS))
        for ids, values in other._held:
            self.add(own[ids], values)

    def profiles(self) -> Iterator[tuple[int, Floats, Counts]]:
        """Each slice that has values: its number, distinct values in rising order, and how often each occurs."""
        ids, values = self._all_held()
        order = np.argsort(ids, kind="stable")
        numbers, starts = np.unique(ids[order], return_index=True)
        for number, mine in zip(numbers.tolist(), np.split(values[order], starts[1:]), strict=False):
            yield number, *merged(mine, np.ones(len(mine), np.int64))
        for number, blocks in zip(self._slices, self._blocks, strict=True):
            yield number, *self._cells_of(blocks)

    def _cells_of(self, blocks: Ids) -> tuple[Floats, Counts]:
        octaves = np.flatnonzero(blocks >= 0)
        places = (blocks[octaves][:, None] * _CELLS + np.arange(_CELLS)).ravel()
        cells = (octaves[:, None] * _CELLS + np.arange(_CELLS)).ravel()
        equal, others = self._equal[places], self._others[places]
        apart = (equal > 0) & ((others == 0) | (equal * FREQUENT >= (equal + others).sum()))
        rest = others + np.where(apart, 0, equal)
        return merged(
            np.concatenate([self._remembered[places][apart], standing(cells[rest > 0])]),
            np.concatenate([equal[apart], rest[rest > 0]]),
        )

    def _hold(self, slices: Ids, values: Floats) -> None:
        """Keep values as they are until their slice has too many."""
        self._held.append((slices, values))
        self._n_held += np.bincount(slices, minlength=len(self._n_held))
        self._grow(self._n_held > EXACT)

    def _grow(self, which: NDArray[np.bool_]) -> None:
        """From now on the values of some slices are counted by cell, those that are held among them."""
        if (new := np.flatnonzero(which & (self._rows < 0))).size:
            self._rows[new] = np.arange(len(self._blocks), len(self._blocks) + len(new))
            self._slices += new.tolist()
            self._blocks = np.concatenate([self._blocks, np.full((len(new), _OCTAVES), -1, np.int64)])
        if self._n_held[which].any():
            ids, values = self._all_held()
            grown = which[ids]
            self._held = [(ids[~grown], values[~grown])]
            self._n_held[which] = 0
            self._count(ids[grown], values[grown])

    def _all_held(self) -> tuple[Ids, Floats]:
        ids, values = zip((np.zeros(0, np.int64), np.zeros(0)), *self._held, strict=True)
        return np.concatenate(ids), np.concatenate(values)

    def _count(self, slices: Ids, values: Floats) -> None:
        if not len(values):
            return
        cells = codes(values)
        octaves = self._rows[slices] * _OCTAVES + (cells >> 8)
        blocks = self._blocks.take(octaves, mode="clip")
        if blocks.min() < 0:
            for one in np.sort(pd.unique(octaves[blocks < 0])).tolist():
                self._block(*divmod(one, _OCTAVES))
            blocks = self._blocks.take(octaves, mode="clip")
        places = (blocks << 8) + (cells & 255)
        remembered = self._remembered.take(places, mode="clip")
        while (unseen := np.isnan(remembered)).any():
            self._remember(places[unseen][:_LOOKED_AT], values[unseen][:_LOOKED_AT])
            remembered = self._remembered.take(places, mode="clip")
        counted = np.bincount(2 * places + (remembered == values), minlength=2 * len(self._remembered))
        self._others += counted[::2]
        self._equal += counted[1::2]

    def _remember(self, places: Ids, values: Floats) -> None:
        """Of the values that are new to a cell the one that occurs most often, or the smallest of several."""
        order = np.lexsort((values, places))
        places, values = places[order], values[order]
        starts = np.flatnonzero(np.r_[True, (places[1:] != places[:-1]) | (values[1:] != values[:-1])])
        often = np.diff(np.r_[starts, len(places)])
        best = np.lexsort((-values[starts], often))  # the last that is written stays
        self._remembered[places[starts][best]] = values[starts][best]

    def _join(self, here: slice, other: Tally, there: slice) -> None:
        """Add another's block to one of this tally's; where they remember different values, the more frequent stays."""
        mine, theirs = self._remembered[here], other._remembered[there]
        equal, their_equal = self._equal[here], other._equal[there]
        same = mine == theirs
        take = ~same & ~np.isnan(theirs) & (np.isnan(mine) | (their_equal > equal))
        lost = np.where(same, 0, np.where(take, equal, their_equal))
        self._equal[here] = np.where(same, equal + their_equal, np.where(take, their_equal, equal))
        self._others[here] += other._others[there] + lost
        self._remembered[here] = np.where(take, theirs, mine)

    def _block(self, row: int, octave: int) -> int:
        """The block of an octave of the slice that has this row, made when it is not there."""
        if self._blocks[row, octave] < 0:
            self._blocks[row, octave] = len(self._owners)
            self._owners.append((row, octave))
            if len(self._owners) * _CELLS > len(self._remembered):
                more = max(64 * _CELLS, len(self._remembered))
                self._remembered = np.concatenate([self._remembered, np.full(more, np.nan)])
                self._equal = np.concatenate([self._equal, np.zeros(more, np.int64)])
                self._others = np.concatenate([self._others, np.zeros(more, np.int64)])
        return int(self._blocks[row, octave])

    def _make_room(self, slices: int) -> None:
        if (more := slices - len(self.missing)) > 0:
            self.missing = np.concatenate([self.missing, np.zeros(more, np.int64)])
            self._n_held = np.concatenate([self._n_held, np.zeros(more, np.int64)])
            self._rows = np.concatenate([self._rows, np.full(more, -1, np.int64)])
