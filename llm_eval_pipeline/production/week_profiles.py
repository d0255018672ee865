"""A week's profiles: the sum of its days', read once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.distributions import Distribution
from llm_eval_pipeline.production.grid import Counts, Floats
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.schema import TRACE_PROFILES
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of

_CELLS = 1 << 22  # at once: groups times values, of which most are empty
By = Literal["model", "feature", "prompt_version", "status"]


class WeekProfiles:
    """A week's profiles; ``missing_days`` have not been profiled."""

    def __init__(self, week: str, profiles: pa.Table, missing_days: Sequence[str]) -> None:
        self.week = week
        self.missing_days = tuple(missing_days)
        self._profiles = profiles
        self._summed: dict[str, _Metric] = {}

    def distribution(self, metric: str, **only: str | None) -> Distribution:
        """One metric's distribution over the rows of one model, feature, prompt version or status, or of all.

        Empty when nothing was seen; a name whose value is None does not choose.

        Raises:
            ValueError: when nobody knows the metric.
        """
        found = self._metric(metric)
        chosen = np.ones(len(found.slices), np.bool_)
        for name, value in only.items():
            if value is not None:
                chosen &= (found.slices[name] == value).to_numpy()
        (one,) = found.sums(np.where(chosen, 0, -1), 1)
        return one

    def by(self, metric: str, *names: By) -> dict[tuple[str, ...], Distribution]:
        """One metric's distribution for each model, say, or each pair of a model and a feature.

        Raises:
            ValueError: when nobody knows the metric.
        """
        found = self._metric(metric)
        if found.slices.empty:
            return {}
        groups, keys = pd.factorize(pd.MultiIndex.from_frame(found.slices[list(names)]), sort=True)
        return dict(zip(map(tuple, keys), found.sums(groups, len(keys)), strict=True))

    def _metric(self, metric: str) -> _Metric:
        if metric not in PRODUCTION_METRICS:
            raise ValueError(f"unknown metric {metric!r}; known are {', '.join(PRODUCTION_METRICS)}")
        if metric not in self._summed:
            self._summed[metric] = _read(self._profiles.filter(pc.equal(self._profiles["metric"], metric)))
        return self._summed[metric]


@dataclass(frozen=True, slots=True, eq=False)
class _Metric:
    """Rows of one metric, and all of their values on one support."""

    slices: pd.DataFrame
    owners: Counts  # of each value, the row
    support: Floats
    places: Counts  # of each value, where it stands on the support
    counts: Counts
    missing: Counts  # of each row

    def sums(self, groups: Counts, how_many: int) -> list[Distribution]:
        """The sum of the rows of each group; ``groups`` gives each row's, -1 for none."""
        mine, size, found = groups[self.owners], len(self.support), list[Distribution]()
        missing = np.bincount(groups[groups >= 0], weights=self.missing[groups >= 0], minlength=how_many)
        several = max(1, _CELLS // max(1, size))
        for first in range(0, how_many, several):
            now = min(several, how_many - first)
            there = (mine >= first) & (mine < first + now)
            cells = np.bincount(
                (mine[there] - first) * size + self.places[there], weights=self.counts[there], minlength=now * size
            )
            for row, unseen in zip(cells.reshape(now, size), missing[first : first + now], strict=True):
                values, counts = self.support[row > 0], row[row > 0].astype(np.int64)
                found.append(Distribution(values=values, counts=counts, n_missing=int(unseen)))
        return found


def week_profiles(warehouse: Warehouse, week: str) -> WeekProfiles:
    """The profiles of a week's seven days.

    Raises:
        MissingPartitionError: when none of the days has been profiled.
    """
    days = days_of(week)
    missing = [day for day in days if not warehouse.exists(TRACE_PROFILES, day)]
    if len(missing) == len(days):
        raise MissingPartitionError(
            f"trace_profiles has no day of the week {week}: "
            f"materialise the asset trace_profiles for {days[0]} to {days[-1]} first"
        )
    return WeekProfiles(week, warehouse.read_many(TRACE_PROFILES, days), missing)


def week_distribution(warehouse: Warehouse, week: str, metric: str, **only: str | None) -> Distribution:
    """One metric's distribution over a week; for several metrics of a week, read ``week_profiles`` once."""
    return week_profiles(warehouse, week).distribution(metric, **only)


def _read(rows: pa.Table) -> _Metric:
    values, counts = (rows[name].combine_chunks() for name in ("values", "counts"))
    owners = np.repeat(np.arange(len(rows)), np.diff(values.offsets.to_numpy()))
    places, support = pd.factorize(values.flatten().to_numpy(), sort=True)
    return _Metric(
        slices=rows.select(["model", "feature", "prompt_version", "status"]).to_pandas(),
        owners=owners,
        support=support,
        places=places,
        counts=counts.flatten().to_numpy(),
        missing=rows["n_missing"].to_numpy(),
    )
