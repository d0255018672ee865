"""The pinned baseline: what each metric looked like over its weeks, and how much those weeks differed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from llm_eval_pipeline.drift.distributions import Distribution, categories, distribution, pooled
from llm_eval_pipeline.drift.floors import Spread, learn
from llm_eval_pipeline.drift.metrics import Metric, parse_metrics
from llm_eval_pipeline.drift.policy import Policy, policy_named

Cells = tuple[Sequence[Any] | np.ndarray, Sequence[int] | np.ndarray]
"""A metric in one window: values (labels for a category) and how often each occurs; None and NaN are unscored rows."""
Window = Mapping[str, Cells]
"""One window: its metrics by name."""
Metrics = Mapping[str, Mapping[str, Any] | Metric]
"""Metrics by name, each ``{"kind": ..., "better": ...}`` or a ``Metric``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The sum of the baseline weeks by metric, the spread of each effect among them, and how many weeks there were."""

    windows: int
    distributions: Mapping[str, Distribution]
    spreads: Mapping[str, Mapping[str, Spread]]

    def as_dict(self) -> dict[str, Any]:
        """Plain lists and numbers, for JSON or Arrow; ``baseline_from_dict`` reads them back unchanged."""
        return {
            "windows": self.windows,
            "metrics": {
                name: {
                    "values": found.values.tolist(),
                    "counts": found.counts.tolist(),
                    "unscored": found.unscored,
                    "spreads": {effect: asdict(spread) for effect, spread in self.spreads[name].items()},
                }
                for name, found in self.distributions.items()
            },
        }


def baseline_from_dict(given: Mapping[str, Any]) -> Baseline:
    """Read what ``Baseline.as_dict`` wrote.

    Raises:
        KeyError: when a part is missing.
    """
    distributions = {
        name: Distribution(
            values=np.array(found["values"], dtype=np.str_ if _labels(found["values"]) else np.float64),
            counts=np.array(found["counts"], dtype=np.int64),
            unscored=int(found["unscored"]),
        )
        for name, found in given["metrics"].items()
    }
    spreads = {
        name: {effect: Spread(**spread) for effect, spread in found["spreads"].items()}
        for name, found in given["metrics"].items()
    }
    return Baseline(windows=int(given["windows"]), distributions=distributions, spreads=spreads)


def fit_baseline(windows: Sequence[Window], metrics: Metrics, policy: str | Policy = "calibrated") -> Baseline:
    """Pool the windows and learn the spreads; a metric that no window has stays out, and is said to have no data.

    Raises:
        ValueError: for values and counts that do not fit, or a metric or policy that nobody knows.
    """
    rule = policy_named(policy) if isinstance(policy, str) else policy
    distributions: dict[str, Distribution] = {}
    spreads: dict[str, dict[str, Spread]] = {}
    for name, metric in parse_metrics(metrics).items():
        weeks = [found for window in windows if (found := read_cells(metric, window)) is not None]
        if any(week.n for week in weeks):
            distributions[name] = pooled(weeks)
            spreads[name] = learn(metric, weeks, rule)
    return Baseline(windows=len(windows), distributions=distributions, spreads=spreads)


def read_cells(metric: Metric, window: Window) -> Distribution | None:
    """The metric's distribution in a window; None where the window does not hold the metric.

    Raises:
        ValueError: for values and counts that do not fit, with the metric's name.
    """
    if metric.name not in window:
        return None
    values, counts = window[metric.name]
    try:
        found = categories(values, counts) if metric.kind == "category" else distribution(values, counts)
    except ValueError as error:
        raise ValueError(f"metric {metric.name!r}: {error}") from error
    if metric.kind == "rate" and not set(found.values.tolist()) <= {0.0, 1.0}:
        raise ValueError(f"metric {metric.name!r} is a rate, whose values are 0 and 1, got {found.values[:5].tolist()}")
    return found


def _labels(values: Sequence[Any]) -> bool:
    return bool(values) and isinstance(values[0], str)
