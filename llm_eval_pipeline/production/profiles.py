"""Profiles: a day's distributions by model, feature and metric, which add up to a week's.

A day with few distinct values is kept exactly, one with many on the grid (``grid.py``); what a sum of both is, says
``distributions.py``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.production.distributions import Distribution, add
from llm_eval_pipeline.production.grid import compressed
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.requests import COLUMNS, offer
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

if TYPE_CHECKING:
    import duckdb

__all__ = [
    "Distribution",
    "WeekProfiles",
    "add",
    "profile_day",
    "profile_days",
    "week_distribution",
    "week_profiles",
]

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


def profile_day(rows: pa.Table) -> list[dict[str, Any]]:
    """Rows of ``trace_profiles`` for one day's rows of ``production_traces``."""
    import duckdb

    with duckdb.connect() as engine:
        return _profiles(rows, engine)


def profile_days(days: Iterable[str], warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """Write ``trace_profiles`` of some days, and return their rows by day; faster than one day at a time.

    Raises:
        MissingPartitionError: when a day of ``production_traces`` has not been written.
    """
    import duckdb

    profiles = {}
    with duckdb.connect() as engine:
        for day in sorted(set(days)):
            profiles[day] = _profiles(warehouse.read(PRODUCTION_TRACES, day, COLUMNS), engine)
            warehouse.write(TRACE_PROFILES, day, profiles[day])
    return profiles


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
