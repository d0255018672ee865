"""Spend: the calls that were paid for, by model and feature: how many, their tokens by kind, and what they cost.

Sums are exact: tokens are whole numbers, and money is counted in its smallest unit, 1e-12 USD.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TOKEN_COLUMNS, TRACE_SPEND
from llm_eval_pipeline.production.slices import Slice
from llm_eval_pipeline.production.tally import Ids
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

_COUNTS = ("calls", *TOKEN_COLUMNS, "unpriced_calls", "unmetered_calls", "priced_calls", "_high", "_low")
_PLACES = {name: place for place, name in enumerate(_COUNTS)}
_LOW_BITS = 26  # a cost in two parts, of each of which many thousands can be added as floats without rounding


class Spend:
    """Counts and sums of calls by slice.

    A call is ``unmetered`` when it says nothing of tokens, as failed ones do, and ``unpriced`` when its tokens have no
    price.
    """

    def __init__(self) -> None:
        self._sums = np.zeros((0, len(_COUNTS)), np.int64)

    def add(self, slices: Ids, of: Callable[[str], pa.ChunkedArray]) -> None:
        """Add calls, at most some hundred thousand at once.

        Args:
            slices: the number of each call's slice, shape ``(n,)``.
            of: gives a column of the calls by its name.
        """
        self._make_room(int(slices.max(initial=-1)) + 1)
        metered = np.zeros(len(slices), np.bool_)
        for name in TOKEN_COLUMNS:
            column = of(name)
            if column.null_count < len(column):
                metered |= column.is_valid().to_numpy()
                self._add(name, slices, column.fill_null(0).to_numpy())
        cost = of("cost_usd")
        priced = cost.is_valid().to_numpy() & metered
        units = np.where(priced, money_units(cost), 0)
        self._add("_high", slices, units >> _LOW_BITS)
        self._add("_low", slices, units & ((1 << _LOW_BITS) - 1))
        for name, which in (
            ("priced_calls", priced),
            ("unpriced_calls", metered & ~priced),
            ("unmetered_calls", ~metered),
        ):
            self._add(name, slices, which)
        self._add("calls", slices, np.ones(len(slices)))

    def absorb(self, other: Spend, numbers: Sequence[int]) -> None:
        """Add another's sums, whose slice ``i`` is the slice ``numbers[i]`` here."""
        self._make_room(max(numbers, default=-1) + 1)
        np.add.at(self._sums, np.asarray(numbers, np.int64)[: len(other._sums)], other._sums)

    def rows(self, slices: Sequence[Slice]) -> Iterator[dict[str, Any]]:
        """Rows of ``trace_spend``; ``cost_usd`` is None where no call has a price."""
        sums: dict[tuple[str, str], Any] = {}
        for one, own in zip(slices, self._sums, strict=False):
            if own[_PLACES["calls"]]:
                key = one.model, one.feature
                sums[key] = sums.get(key, 0) + own
        for (model, feature), total in sorted(sums.items()):
            found = dict(zip(_COUNTS, total.tolist(), strict=True))
            units = (found.pop("_high") << _LOW_BITS) + found.pop("_low")
            cost = Decimal(units).scaleb(-12) if found.pop("priced_calls") else None
            yield {"model": model, "feature": feature, **found, "cost_usd": cost}

    def _add(self, name: str, slices: Ids, values: Any) -> None:
        # of whole numbers whose sum stays below 2^53, floats lose nothing
        self._sums[:, _PLACES[name]] += np.bincount(slices, weights=values, minlength=len(self._sums)).astype(np.int64)

    def _make_room(self, slices: int) -> None:
        if (more := slices - len(self._sums)) > 0:
            self._sums = np.concatenate([self._sums, np.zeros((more, len(_COUNTS)), np.int64)])


def week_spend(warehouse: Warehouse, week: str) -> dict[date, list[dict[str, Any]]]:
    """Rows of ``trace_spend`` by day, for the week's days that have spans.

    Raises:
        MissingPartitionError: when a day has spans and was never profiled.
    """
    days = [day for day in days_of(week) if warehouse.exists(PRODUCTION_TRACES, day)]
    if missing := [day for day in days if not warehouse.exists(TRACE_SPEND, day)]:
        raise MissingPartitionError(
            f"trace_spend has no rows for {', '.join(missing)}: materialise the asset trace_profiles for them first"
        )
    return {date.fromisoformat(day): warehouse.read(TRACE_SPEND, day).to_pylist() for day in days}


def money_units(column: pa.ChunkedArray) -> Ids:
    """Amounts in units of 1e-12 USD, shape ``(n,)``; whatever stands for null.

    They are below a million USD (``call_money``), so of each decimal's two words the lower one says it all.
    """
    parts = []
    for chunk in column.chunks:
        words = np.frombuffer(chunk.buffers()[1], np.int64).reshape(-1, 2)
        parts.append(words[chunk.offset : chunk.offset + len(chunk), 0])
    return np.concatenate([np.zeros(0, np.int64), *parts])
