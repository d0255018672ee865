"""Slices: the rows that share a model, a feature, a prompt version and a status, each slice with a number.

The model is the one that was asked for: a new release that answers to an old name is then a change within a slice,
which drift can see, and a failed call, which no model answered, counts beside those that succeeded.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from llm_eval_pipeline.production.schema import UNKNOWN
from llm_eval_pipeline.production.tally import Ids


class Slice(NamedTuple):
    """What a slice's rows share; ``unknown`` where they do not say, and a status is ``ok`` or ``error``."""

    model: str
    feature: str
    prompt_version: str
    status: str


class Texts:
    """Texts and their codes, in the order in which they were seen; a missing text has the code 0."""

    def __init__(self) -> None:
        self.seen: list[str | None] = [None]
        self._codes: dict[str | None, int] = {None: 0}

    def codes(self, column: pa.ChunkedArray) -> Ids:
        """The code of each row's text, shape ``(n,)``; faster when the column is a dictionary."""
        if not pa.types.is_dictionary(column.type):
            column = column.dictionary_encode()
        whole = column.unify_dictionaries().combine_chunks()
        known = np.array([*map(self._code, whole.dictionary.to_pylist()), 0], np.int64)
        return known[whole.indices.fill_null(len(known) - 1).to_numpy()]

    def among(self, column: pa.ChunkedArray, those: Set[str]) -> NDArray[np.bool_]:
        """Whether each row's text is one of those, shape ``(n,)``."""
        codes = self.codes(column)
        return np.array([text in those for text in self.seen])[codes]

    def _code(self, text: str | None) -> int:
        if text not in self._codes:
            self._codes[text] = len(self.seen)
            self.seen.append(text)
        return self._codes[text]


class Slices:
    """The slices seen so far, by number."""

    def __init__(self) -> None:
        self.seen: list[Slice] = []
        self._numbers: dict[Slice, int] = {}
        self._models, self._features, self._versions, self._statuses = (Texts() for _ in range(4))

    def number(self, one: Slice) -> int:
        """A slice's number."""
        if one not in self._numbers:
            self._numbers[one] = len(self.seen)
            self.seen.append(one)
        return self._numbers[one]

    def numbers(self, rows: pa.Table, models: Sequence[str]) -> Ids:
        """The number of each row's slice, shape ``(n,)``; its model is the first that the columns ``models`` name."""
        codes = self._models.codes(rows[models[0]])
        for name in models[1:]:
            if (codes == 0).any():
                codes = np.where(codes == 0, self._models.codes(rows[name]), codes)
        others = (self._features, "feature"), (self._versions, "prompt_version"), (self._statuses, "status")
        found = [self._models.seen]
        for texts, name in others:
            own = texts.codes(rows[name])
            codes = codes * len(texts.seen) + own
            found.append(texts.seen)
        places, distinct = pd.factorize(codes)
        return np.array([self.number(_slice(int(code), found)) for code in distinct], np.int64)[places]


def _slice(code: int, texts: Sequence[Sequence[str | None]]) -> Slice:
    told: list[str | None] = []
    for seen in reversed(texts):
        code, own = divmod(code, len(seen)) if seen is not texts[0] else (0, code)
        told.insert(0, seen[own])
    model, feature, version, status = told
    return Slice(model or UNKNOWN, feature or UNKNOWN, version or UNKNOWN, "error" if status == "error" else "ok")
