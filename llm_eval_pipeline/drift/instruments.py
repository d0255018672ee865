"""The three instruments: what production, the canary and the anchors show in one week, as distributions.

Belongs here: which columns become which metric, of which kind and polarity. Does not belong here: what a difference
means (``assess.py``) or what caused it (``attribution.py``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.failures import judged
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.schema import TRACE_PROFILES
from llm_eval_pipeline.production.week_profiles import week_profiles
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import days_of, iso_week

Instrument = Literal["production", "canary", "anchors"]
INSTRUMENTS: tuple[Instrument, ...] = ("production", "canary", "anchors")
ALL = "all"
Cells = tuple[Any, Any]
Observed = dict[str, dict[str, Cells]]
"""By slice, then by instrument and metric (``canary/quality_score``): values and how often each occurs."""
Items = Mapping[str, frozenset[str]]
"""By instrument, the ids of what it measures every week: the canary's examples, the anchors."""
LEAST_ITEMS = 0.8
"""Where fewer of the pinned items than this share are there, the instrument is silent: it measures something else."""
Row = Mapping[str, Any]


class NotApplicable:
    """A row that a metric does not speak of, as against one that could not be scored, which is None."""


SKIP = NotApplicable()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How a row of answers becomes a value of a metric."""

    metric: Metric
    of: Callable[[Row], Any]


def _where_known(column: str) -> Callable[[Row], Any]:
    return lambda row: SKIP if row[column] is None else row[column]


def _not(column: str) -> Callable[[Row], Any]:
    return lambda row: SKIP if row[column] is None else not row[column]


def _refused(row: Row) -> Any:
    return SKIP if row["refused"] is None else row["refused"] != "none"


def _category(row: Row) -> Any:
    """An answer that the judge did not score is not known to be without fault."""
    return row["error_category"] if judged(row) else None


def _timely(column: str) -> Callable[[Row], Any]:
    """A late call's latency describes the day on which it was made."""
    return lambda row: SKIP if row["called_late"] or row[column] is None else row[column]


def _measured(name: str, kind: Any, better: Any, of: Callable[[Row], Any]) -> Measured:
    return Measured(metric=Metric(name=name, kind=kind, better=better), of=of)


_JUDGED = (
    _measured("quality_score", "ordinal", "higher", lambda row: row["quality_score"]),
    _measured("safety_violation_rate", "rate", "lower", _not("is_safe")),
    _measured("hallucination_rate", "rate", "lower", _not("grounded")),
    _measured("refusal_rate", "rate", None, _refused),
    _measured("error_category", "category", None, _category),
)
_ANSWERED = (
    _measured("latency_ms", "continuous", "lower", _timely("latency_ms")),
    _measured("output_tokens", "continuous", None, _where_known("output_tokens")),
    _measured("cost_usd", "continuous", "lower", _where_known("cost_usd")),
    _measured("error_rate", "rate", "lower", lambda row: row["error"] is not None),
    _measured("format_compliance", "rate", "higher", _where_known("follows_format")),
    _measured("refusal_accuracy", "rate", "higher", _where_known("refusal_correct")),
)
PROFILED = {
    name: Metric(name=name, kind=metric.kind, better=metric.better)
    for name, metric in PRODUCTION_METRICS.items()
    if metric.kind != "count"
}
_ANCHORED = (_JUDGED[0],)
JUDGED_BY_THE_JUDGE = {"quality_score", "error_category"}
"""Metrics that move when the judge moves, so that the anchors have a say about them."""

OF_INPUTS = {"input_tokens"}
"""Metrics of what users send and what is retrieved for them, which no change of the model moves."""


def metrics() -> dict[str, Metric]:
    """Every metric that is watched, by instrument and name (``canary/quality_score``)."""
    watched: dict[Instrument, list[Metric]] = {
        "production": [*PROFILED.values(), *(one.metric for one in _JUDGED)],
        "canary": [one.metric for one in (*_JUDGED, *_ANSWERED)],
        "anchors": [one.metric for one in _ANCHORED],
    }
    return {
        f"{instrument}/{metric.name}": Metric(
            name=f"{instrument}/{metric.name}",
            kind=metric.kind,
            better=metric.better,
            same_items=instrument != "production",
        )
        for instrument, those in watched.items()
        for metric in those
    }


def observe(warehouse: Warehouse, week: str, items: Items | None = None) -> Observed:
    """What the instruments show in a week, by slice; an instrument without rows is absent.

    Args:
        warehouse: where the tables are.
        week: the window.
        items: what the canary and the anchors are held to; other examples do not count. None: whatever there is.

    Raises:
        MissingPartitionError: when none of them has any row of the week.
    """
    observed: Observed = {}
    _collect_profiles(observed, warehouse, week)
    _collect(observed, "production", _judged_traces(warehouse, week), _JUDGED)
    held = items or {}
    canary, anchors = _canary(warehouse, week), _anchors(warehouse, week)
    _collect(observed, "canary", _held(canary, "example_id", held.get("canary")), (*_JUDGED, *_ANSWERED))
    _collect(observed, "anchors", _held(anchors, "anchor_id", held.get("anchors")), _ANCHORED)
    if not observed:
        raise MissingPartitionError(
            f"week {week} ({iso_week(week)}) has neither production profiles nor an evaluation nor anchors: "
            "materialise trace_profiles, aggregate_metrics or anchor_scores for it first"
        )
    return observed


def has_data(warehouse: Warehouse, week: str) -> bool:
    """Whether any instrument has anything of the week."""
    profiled = any(warehouse.exists(TRACE_PROFILES, day) for day in days_of(week))
    return profiled or any(warehouse.exists(t, week) for t in (schema.PREDICTION_TABLE, schema.ANCHOR_SCORES))


def items_of(warehouse: Warehouse, weeks: Iterable[str]) -> Items:
    """The items that every one of the weeks has, of those weeks that have any."""
    found: dict[str, frozenset[str]] = {}
    for week in weeks:
        canary = frozenset(row["example_id"] for row in _canary(warehouse, week))
        anchors = frozenset(row["anchor_id"] for row in _anchors(warehouse, week))
        for instrument, ids in (("canary", canary), ("anchors", anchors)):
            if ids:
                found[instrument] = found.get(instrument, ids) & ids
    return found


def _held(rows: list[dict[str, Any]], key: str, items: frozenset[str] | None) -> list[dict[str, Any]]:
    """The rows of pinned items; none when too few of the items are there."""
    if items is None:
        return rows
    kept = [row for row in rows if row[key] in items]
    return kept if len({row[key] for row in kept}) >= LEAST_ITEMS * len(items) else []


def _collect_profiles(observed: Observed, warehouse: Warehouse, week: str) -> None:
    """What every request showed, from the profiles of the week's days."""
    if not any(warehouse.exists(TRACE_PROFILES, day) for day in days_of(week)):
        return
    profiles = week_profiles(warehouse, week)
    for name in PROFILED:
        found = {ALL: profiles.distribution(name)}
        for part in ("model", "feature"):
            found |= {f"{part}={value}": one for (value,), one in profiles.by(name, part).items()}
        for where, one in found.items():
            observed.setdefault(where, {})[f"production/{name}"] = one.pairs


def _judged_traces(warehouse: Warehouse, week: str) -> list[dict[str, Any]]:
    """Judged traces among which each trace of the week was equally likely to be.

    Those that were added because they went wrong stand for none and are left out; of the others, a trace that stands
    for few is kept with a chance in proportion, drawn by its id, so that counting rows is right.
    """
    rows = [row for row in warehouse.read_many(schema.TRACE_SCORES, [week]).to_pylist() if row["weight"] is not None]
    heaviest = max((row["weight"] for row in rows), default=1.0)
    return [row for row in rows if _draw(row["trace_id"]) < row["weight"] / heaviest]


def _draw(trace_id: str) -> float:
    """A number in [0, 1) that only the id decides."""
    return int.from_bytes(hashlib.blake2b(f"drift:{trace_id}".encode(), digest_size=8).digest()) / 2**64


def _anchors(warehouse: Warehouse, week: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.read_many(schema.ANCHOR_SCORES, [week]).to_pylist()
    return rows


def _canary(warehouse: Warehouse, week: str) -> list[dict[str, Any]]:
    """The canary's answers with all of their scores; none while the week's evaluation is not finished."""
    rows: dict[tuple[str, str, int], dict[str, Any]] = {}
    scores = (schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES)
    tables = (schema.MODEL_OUTPUTS, *scores, schema.PREDICTION_TABLE)
    if not all(warehouse.exists(table, week) for table in tables):
        return []
    for table in tables:
        for row in warehouse.read_many(table, [week]).to_pylist():
            rows.setdefault((row["example_id"], row["model"], row["repetition"]), {}).update(row)
    return [row for row in rows.values() if row.get("split") == "canary"]


def _collect(observed: Observed, instrument: Instrument, rows: Iterable[Row], measured: Iterable[Measured]) -> None:
    """Count each metric's values over all rows, over each model's and over each feature's."""
    for row in rows:
        slices = [ALL, *(f"{name}={row[name]}" for name in ("model", "feature") if row.get(name) is not None)]
        for one in measured:
            if (value := one.of(row)) is SKIP:
                continue
            for where in slices:
                cells = observed.setdefault(where, {}).setdefault(f"{instrument}/{one.metric.name}", ([], []))
                cells[0].append(value)
                cells[1].append(1)
