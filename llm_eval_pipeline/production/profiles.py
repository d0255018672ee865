"""Profiles: a day's distributions by slice and metric, and its spend, from one pass over the day's rows.

Two workers share the rows, always two and always the same rows each, so the same rows give the same profiles on every
machine. Nothing but the tallies (``tally.py``) is held, however many rows a day has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from llm_eval_pipeline.production.conventions import BILLED_CALLS, MODEL_CALLS
from llm_eval_pipeline.production.grid import Floats
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TOKEN_COLUMNS, TRACE_PROFILES, TRACE_SPEND
from llm_eval_pipeline.production.slices import Slices, Texts
from llm_eval_pipeline.production.spend import Spend, money_units
from llm_eval_pipeline.production.tally import Ids, Tally, YesNo
from llm_eval_pipeline.storage.warehouse import Warehouse

COLUMNS = (
    *("is_entry", "operation", "duration_ms", "first_token_ms", "status", "model_requested", "model_resolved"),
    *("feature", "prompt_version", "cost_usd", *TOKEN_COLUMNS),
    *("request_model", "request_cost_usd", "request_feedback"),
)
"""The columns of ``production_traces`` that profiles are made of."""

_WORKERS = 2
_ROWS = 1 << 17


def profile_days(days: Iterable[str], warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """Write ``trace_profiles`` and ``trace_spend`` of some days, and return the profiles' rows by day.

    Raises:
        MissingPartitionError: when a day of ``production_traces`` has not been written.
    """
    profiles = {}
    for day in sorted(set(days)):
        counted = _counted(warehouse, day)
        profiles[day] = list(counted.profiles())
        warehouse.write(TRACE_PROFILES, day, profiles[day])
        warehouse.write(TRACE_SPEND, day, list(counted.spent()))
    return profiles


def _counted(warehouse: Warehouse, day: str) -> _Counted:
    def share(first: int) -> _Counted:
        counted = _Counted()
        for rows in warehouse.stretches(PRODUCTION_TRACES, day, COLUMNS, _ROWS, every=_WORKERS, first=first):
            counted.add(rows)
        return counted

    with ThreadPoolExecutor(_WORKERS) as workers:
        whole, *others = workers.map(share, range(_WORKERS))
    for other in others:
        whole.absorb(other)
    return whole


class _Counted:
    """What one worker has counted."""

    def __init__(self) -> None:
        self._slices = Slices()
        self._tallies: dict[str, Tally | YesNo] = {
            name: Tally() if metric.kind == "continuous" else YesNo() for name, metric in PRODUCTION_METRICS.items()
        }
        self._spend = Spend()
        self._operations = Texts()

    def add(self, rows: pa.Table) -> None:
        requests, _ = _chosen(rows, rows["is_entry"].fill_null(False).to_numpy())
        self._tell("request", requests, self._slices.numbers(requests, ["request_model"]))
        billed, which = _chosen(rows, self._operations.among(rows["operation"], BILLED_CALLS))
        numbers = self._slices.numbers(billed, ["model_requested", "model_resolved"])
        self._spend.add(numbers, billed.column)
        calls, which = _chosen(billed, self._operations.among(billed["operation"], MODEL_CALLS))
        self._tell("call", calls, numbers[which])

    def _tell(self, of: Literal["request", "call"], rows: pa.Table, numbers: Ids) -> None:
        for name, metric in PRODUCTION_METRICS.items():
            if metric.of == of:
                self._tallies[name].add(numbers, _floats(metric.values(rows.column)))

    def absorb(self, other: _Counted) -> None:
        numbers = [self._slices.number(one) for one in other._slices.seen]
        for name, tally in self._tallies.items():
            tally.absorb(other._tallies[name], numbers)  # type: ignore[arg-type]  # both count the same metric
        self._spend.absorb(other._spend, numbers)

    def spent(self) -> Iterator[dict[str, Any]]:
        return self._spend.rows(self._slices.seen)

    def profiles(self) -> Iterator[dict[str, Any]]:
        for name, tally in self._tallies.items():
            found = {number: (values, counts) for number, values, counts in tally.profiles()}
            nothing = np.empty(0), np.empty(0, np.int64)
            for number in sorted({*found, *np.flatnonzero(tally.missing).tolist()}):
                values, counts = found.get(number, nothing)
                yield {
                    **self._slices.seen[number]._asdict(),
                    "metric": name,
                    "kind": PRODUCTION_METRICS[name].kind,
                    "better": PRODUCTION_METRICS[name].better,
                    "values": values,
                    "counts": counts,
                    "n": int(counts.sum()),
                    "n_missing": int(tally.missing[number]),
                }


def _chosen(rows: pa.Table, which: NDArray[np.bool_]) -> tuple[pa.Table, NDArray[np.bool_] | slice]:
    """The rows that are chosen, and what chooses them."""
    return (rows, slice(None)) if which.all() else (rows.filter(pa.array(which)), which)


def _floats(values: pa.ChunkedArray) -> Floats:
    """Numbers, yeses and noes as floats; NaN for null."""
    if pa.types.is_decimal(values.type):
        floats = money_units(values) / 1e12
        return np.where(values.is_valid().to_numpy(), floats, np.nan) if values.null_count else floats
    floats = values.cast(pa.float64())
    return (floats.fill_null(np.nan) if floats.null_count else floats).to_numpy()
