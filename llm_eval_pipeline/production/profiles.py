"""Profiles: a day's distributions by model, feature and metric, which add up to a week's.

A profile is values and how often each occurs. Adding is joining the values and summing the counts, nothing is rounded
again, so any order of any grouping gives the same bits; a week of exact days is exact. A day with many distinct values
lies on the grid (``grid.py``), and a sum that holds such a day is off by no more than the grid's relative error.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby
from operator import itemgetter
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from llm_eval_pipeline.production.grid import Counts, Floats, compressed, merged
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.requests import COLUMNS, offer
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

_SLICE = itemgetter("model", "feature", "metric")


def _long(of: str) -> str:
    """SQL that gives each metric of requests or of calls a row of its own."""
    metrics = {name: metric.sql for name, metric in PRODUCTION_METRICS.items() if metric.of == of}
    columns = ", ".join(f"cast({sql} as double) as {name}" for name, sql in metrics.items())
    wide = f"select model, feature, {columns} from {of}s"  # noqa: S608 - built from this package's own constants
    return f"from ({wide}) unpivot include nulls (value for metric in ({', '.join(metrics)}))"


_COUNTED = f"""
select model, feature, metric, value, count(*) as n from ({_long("request")} union all {_long("call")})
group by all order by all
"""  # noqa: S608 - built from this package's own constants


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


def profile_day(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows of ``trace_profiles`` for one day's rows of ``production_traces``."""
    with duckdb.connect() as engine:
        return _profiles(rows, engine)


def profile_days(days: Iterable[str], warehouse: Warehouse) -> dict[str, int]:
    """Write ``trace_profiles`` of some days, and return how many requests each had.

    Raises:
        MissingPartitionError: when a day of ``production_traces`` has not been written.
    """
    requests = {}
    with duckdb.connect() as engine:
        for day in sorted(set(days)):
            rows = _profiles(warehouse.read(PRODUCTION_TRACES, day, COLUMNS), engine)
            warehouse.write(TRACE_PROFILES, day, rows)
            requests[day] = sum(row["n"] for row in rows if row["metric"] == "latency_ms")
    return requests


def add(profiles: Iterable[Mapping[str, Any]]) -> Distribution:
    """The sum of profiles of one metric, whatever their days, models and features."""
    rows = list(profiles)
    parts = [np.asarray(row["values"], np.float64) for row in rows]
    counts = [np.asarray(row["counts"], np.int64) for row in rows]
    values, sums = merged(np.concatenate([np.empty(0), *parts]), np.concatenate([np.empty(0, np.int64), *counts]))
    return Distribution(values=values, counts=sums, n_missing=sum(row["n_missing"] for row in rows))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class WeekProfiles:
    """A week's profiles, read once; ``missing_days`` have not been profiled."""

    week: str
    rows: tuple[Mapping[str, Any], ...]
    missing_days: tuple[str, ...]

    def distribution(self, metric: str, model: str | None = None, feature: str | None = None) -> Distribution:
        """One metric's distribution, of one model or feature or of all; empty when nothing was seen.

        Raises:
            ValueError: when nobody knows the metric.
        """
        if metric not in PRODUCTION_METRICS:
            raise ValueError(f"unknown metric {metric!r}; known are {', '.join(PRODUCTION_METRICS)}")
        return add(
            row
            for row in self.rows
            if row["metric"] == metric and model in (None, row["model"]) and feature in (None, row["feature"])
        )

    def slices(self) -> list[tuple[str, str]]:
        """The (model, feature) pairs that occur, sorted."""
        return sorted({(row["model"], row["feature"]) for row in self.rows})


def week_profiles(warehouse: Warehouse, week: str) -> WeekProfiles:
    """The profiles of a week's seven days.

    Raises:
        MissingPartitionError: when none of the days has been profiled.
    """
    days = days_of(week)
    missing = tuple(day for day in days if not warehouse.exists(TRACE_PROFILES, day))
    if len(missing) == len(days):
        raise MissingPartitionError(
            f"trace_profiles has no day of the week {week}: "
            f"materialise the asset trace_profiles for {days[0]} to {days[-1]} first"
        )
    return WeekProfiles(
        week=week, rows=tuple(warehouse.read_many(TRACE_PROFILES, days).to_pylist()), missing_days=missing
    )


def week_distribution(
    warehouse: Warehouse, week: str, metric: str, model: str | None = None, feature: str | None = None
) -> Distribution:
    """One metric's distribution over a week; for several metrics of a week, read ``week_profiles`` once."""
    return week_profiles(warehouse, week).distribution(metric, model, feature)


def slices_of_week(warehouse: Warehouse, week: str) -> Iterator[tuple[str, str, tuple[list[float], list[int]]]]:
    """Each metric over all of a week, over each model and over each feature, where it has values.

    Yields (slice, metric, (values, counts)), the slice being ``all``, ``model=<name>`` or ``feature=<name>``. Rows
    without a value are left out, since most metrics are not known of most rows by nature. A week without profiles
    yields nothing.
    """
    by_slice: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for row in warehouse.read_many(TRACE_PROFILES, days_of(week)).to_pylist():
        for where in ("all", f"model={row['model']}", f"feature={row['feature']}"):
            by_slice.setdefault((where, row["metric"]), []).append(row)
    for (where, metric), rows in sorted(by_slice.items()):
        if (total := add(rows)).n:
            yield where, metric, (total.values.tolist(), total.counts.tolist())


def _profiles(rows: pa.Table, engine: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    offer(engine, rows.select(COLUMNS))
    counted = engine.sql(_COUNTED).to_arrow_table().to_pylist()
    return [_profile(key, list(cells)) for key, cells in groupby(counted, _SLICE)]


def _profile(key: tuple[str, str, str], cells: list[dict[str, Any]]) -> dict[str, Any]:
    model, feature, metric = key
    there = [cell for cell in cells if cell["value"] is not None]
    values, counts = compressed(
        np.array([cell["value"] for cell in there], np.float64), np.array([cell["n"] for cell in there], np.int64)
    )
    return {
        "model": model,
        "feature": feature,
        "metric": metric,
        "kind": PRODUCTION_METRICS[metric].kind,
        "better": PRODUCTION_METRICS[metric].better,
        "values": values.tolist(),
        "counts": counts.tolist(),
        "n": int(counts.sum()),
        "n_missing": sum(cell["n"] for cell in cells if cell["value"] is None),
    }
