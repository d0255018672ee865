"""The weekly report: every instrument, metric and slice held against the baseline, each with what caused it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from llm_eval_pipeline.drift.assess import assess_window
from llm_eval_pipeline.drift.attribution import Cause, attribute, contradicted, explained
from llm_eval_pipeline.drift.baseline import Baseline, baseline_from_dict, fit_baseline
from llm_eval_pipeline.drift.instruments import (
    ALL,
    INSTRUMENTS,
    JUDGED_BY_THE_JUDGE,
    OF_INPUTS,
    Items,
    Observed,
    metrics,
)
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.schema import WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.drift.verdict import BASELINE_WINDOW, Verdict, no_data

Row = Mapping[str, Any]


def baseline_rows(weeks: Mapping[str, Observed], items: Items, policy: str) -> list[dict[str, Any]]:
    """Rows of ``drift_baseline``: per slice and metric, the sum of the weeks and how much they differ.

    Args:
        weeks: what the instruments showed, by week.
        items: the ids that the canary and the anchors are held to from now on.
        policy: the verdicts' policy, which also says what floors are learnt from.
    """
    rows = []
    for where in sorted({where for observed in weeks.values() for where in observed}):
        pinned = fit_baseline([observed.get(where, {}) for observed in weeks.values()], metrics(), policy)
        for name, found in pinned.as_dict()["metrics"].items():
            instrument, _, metric = name.partition("/")
            labelled = found["values"] and isinstance(found["values"][0], str)
            rows.append(
                {
                    "slice": where,
                    "instrument": instrument,
                    "metric": metric,
                    "weeks": list(weeks),
                    "values": None if labelled else found["values"],
                    "labels": found["values"] if labelled else None,
                    "counts": found["counts"],
                    "unscored": found["unscored"],
                    "spreads": orjson.dumps(found["spreads"]).decode(),
                    "items": sorted(items.get(instrument, ())) if where == ALL else None,
                    "policy": policy,
                }
            )
    return rows


def pinned_items(pinned: Sequence[Row]) -> Items:
    """The ids that rows of ``drift_baseline`` hold the canary and the anchors to."""
    return {row["instrument"]: frozenset(row["items"]) for row in pinned if row["items"]}


def is_pinned(pinned: Sequence[Row], weeks: int, policy: str) -> bool:
    """Whether stored rows of ``drift_baseline`` hold so many weeks under that policy, and so stay as they are."""
    return bool(pinned) and all(len(row["weeks"]) >= weeks and row["policy"] == policy for row in pinned)


@dataclass(frozen=True, slots=True, eq=False)
class Pinned:
    """A stored baseline, read once for any number of windows."""

    weeks: frozenset[str]
    slices: Mapping[str, Baseline]


def pinned_baseline(rows: Sequence[Row]) -> Pinned:
    """What rows of ``drift_baseline`` hold."""
    slices: dict[str, list[Row]] = {}
    for row in rows:
        slices.setdefault(row["slice"], []).append(row)
    weeks = frozenset(week for row in rows for week in row["weeks"])
    return Pinned(weeks, {where: _baseline(those) for where, those in slices.items()})


def report_rows(week: str, observed: Observed, pinned: Pinned, policy: str) -> list[dict[str, Any]]:
    """Rows of ``weekly_drift_report`` for one week.

    Args:
        week: the window.
        observed: what the instruments show in it.
        pinned: the baseline. A week that is part of it has ``no_data`` of its own, with that reason.
        policy: ``calibrated`` or ``strict``.
    """
    watched = metrics()
    verdicts: dict[str, dict[str, Verdict]] = {}
    for where in sorted({*observed, *pinned.slices}):
        there = _watched_in(where, watched)
        if week in pinned.weeks:
            verdicts[where] = {name: no_data(name, BASELINE_WINDOW, policy=policy) for name in there}
        else:
            baseline = pinned.slices.get(where, _baseline([]))
            verdicts[where] = assess_window(baseline, observed.get(where, {}), there, policy)
    return [
        row
        for where, by_name in verdicts.items()
        for row in _rows_of_slice(week, where, by_name, verdicts.get(ALL, {}))
    ]


def verdict_of(row: Row) -> Verdict:
    """The verdict that a row of the report holds."""
    return Verdict(**{name: row[name] for name in Verdict.__slots__})


def _watched_in(where: str, watched: Mapping[str, Metric]) -> dict[str, Metric]:
    """A slice's metrics: anchors belong to no model."""
    return {n: m for n, m in watched.items() if not (where.startswith("model=") and n.startswith("anchors/"))}


def _baseline(rows: Sequence[Row]) -> Baseline:
    return baseline_from_dict(
        {
            "windows": max((len(row["weeks"]) for row in rows), default=0),
            "metrics": {
                f"{row['instrument']}/{row['metric']}": {
                    "values": row["labels"] if row["labels"] is not None else row["values"],
                    "counts": row["counts"],
                    "unscored": row["unscored"],
                    "spreads": orjson.loads(row["spreads"]),
                }
                for row in rows
            },
        }
    )


def _rows_of_slice(
    week: str, where: str, by_name: Mapping[str, Verdict], whole: Mapping[str, Verdict]
) -> list[dict[str, Any]]:
    causes = _causes(by_name, whole)
    rows = []
    for name, verdict in by_name.items():
        instrument, _, metric = name.partition("/")
        numbers = {k: v for k, v in verdict.as_row().items() if k in WEEKLY_DRIFT_REPORT.schema.names}
        place = {"window": week, "instrument": instrument, "metric": metric, "slice": where}
        rows.append(numbers | place | {"attribution": causes[metric]})
    order = {instrument: place for place, instrument in enumerate(INSTRUMENTS)}
    return sorted(rows, key=lambda row: (order[row["instrument"]], row["metric"]))


def _causes(by_name: Mapping[str, Verdict], whole: Mapping[str, Verdict]) -> dict[str, Cause | None]:
    """The cause of each metric; a slice without anchors of its own asks those of the whole."""
    causes: dict[str, Cause | None] = {}
    apart = set[str]()
    for metric in sorted({name.partition("/")[2] for name in by_name}):
        production, canary = by_name.get(f"production/{metric}"), by_name.get(f"canary/{metric}")
        anchors = None
        if metric in JUDGED_BY_THE_JUDGE:
            anchors = by_name.get("anchors/quality_score") or whole.get("anchors/quality_score")
        causes[metric] = attribute(production, canary, anchors)
        if contradicted(production, canary):
            apart.add(metric)
    return explained(causes, OF_INPUTS, apart)
