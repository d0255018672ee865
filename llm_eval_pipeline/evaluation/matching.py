"""Answers of two weeks matched by their key, without a join: ranks of examples and models make each key one integer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.evaluation.answer_columns import ANSWER_KEY


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """Every key of either table once, in order, and where it stands in each.

    ``keys`` has the columns of the key; ``before`` and ``after`` have shape (rows,) and are -1 where a table lacks it.
    """

    keys: pa.Table
    before: np.ndarray
    after: np.ndarray


def matched(before: pa.Table, after: pa.Table) -> Matched:
    """The answers of both tables, which have the key's columns and each key once."""
    both = pa.concat_tables([table.select(list(ANSWER_KEY)) for table in (before, after)]).combine_chunks()
    code = np.zeros(len(both), dtype=np.int64)
    for name in ANSWER_KEY:
        distinct = pc.unique(both[name])
        ordered = distinct.take(pc.array_sort_indices(distinct))
        code = code * max(1, len(ordered)) + pc.index_in(both[name], value_set=ordered).to_numpy()
    every, first = np.unique(code, return_index=True)
    return Matched(
        keys=both.take(pa.array(first)),
        before=_places(every, code[: len(before)]),
        after=_places(every, code[len(before) :]),
    )


def at(column: pa.ChunkedArray, places: np.ndarray) -> pa.ChunkedArray:
    """The column's values at those places, null where a place is -1."""
    return column.take(pa.array(places, mask=places < 0))


def _places(every: np.ndarray, code: np.ndarray) -> np.ndarray:
    places = np.full(len(every), -1, dtype=np.int64)
    places[np.searchsorted(every, code)] = np.arange(len(code))
    return places
