"""The dashboard: its tiles and the tables it is drawn from, over which weeks, written to its file in one step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import pandas as pd

from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.dashboards.page import Tile, render
from llm_eval_pipeline.dashboards.sections import Rows, sections
from llm_eval_pipeline.dashboards.verdicts import quiet
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation.schema import AGGREGATE_METRICS, PREDICTION_TABLE, TRACE_SCORES
from llm_eval_pipeline.production.schema import TRACE_PROFILES
from llm_eval_pipeline.production.week_profiles import week_profiles
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, iso_week

WEEKS_SHOWN = 52


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenDashboard:
    """Where the page is, how many weeks it shows, and its size in bytes."""

    path: Path
    weeks: int
    size: int


def write_dashboard(warehouse: Warehouse, path: Path) -> WrittenDashboard:
    """Draw the newest weeks of the warehouse into one HTML file."""
    weeks = warehouse.partitions(WEEKLY_DRIFT_REPORT)[-WEEKS_SHOWN:]
    incidents = warehouse.read(DRIFT_INCIDENTS).to_pylist() if warehouse.exists(DRIFT_INCIDENTS) else []
    costs, judged = (_by_week(warehouse, table, weeks) for table in (COST_SUMMARY, TRACE_SCORES))
    latency, verdicts = _latency(warehouse, weeks), _by_week(warehouse, WEEKLY_DRIFT_REPORT, weeks)
    html = render(
        title="LLM evaluation",
        subtitle=f"{iso_week(weeks[0])} to {iso_week(weeks[-1])}, {len(weeks)} weeks" if weeks else "no week yet",
        tiles=_tiles(weeks[-1], verdicts, incidents, judged, costs, latency) if weeks else [],
        incidents=[_incident(row) for row in sorted(incidents, key=lambda row: row["opened"], reverse=True)],
        sections=sections(
            aggregates=_by_week(warehouse, AGGREGATE_METRICS, weeks),
            verdicts=verdicts,
            predictions=_by_week(warehouse, PREDICTION_TABLE, weeks),
            costs=costs,
            judged=judged,
            latency=latency,
        ),
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(f".{uuid4().hex}.draft")
    draft.write_text(html, encoding="utf-8")
    draft.replace(path)
    return WrittenDashboard(path=path, weeks=len(weeks), size=path.stat().st_size)


def _by_week(warehouse: Warehouse, table: Table, weeks: Sequence[str]) -> list[dict[str, Any]]:
    """The rows of some weeks, each with its ``week``."""
    return [
        {**row, "week": week}
        for week in weeks
        if warehouse.exists(table, week)
        for row in warehouse.read(table, week).to_pylist()
    ]


def _latency(warehouse: Warehouse, weeks: Sequence[str]) -> pd.DataFrame:
    """Production's latency by week: columns ``week``, ``quantile``, ``ms``."""
    rows = []
    for week in weeks:
        if any(warehouse.exists(TRACE_PROFILES, day) for day in days_of(week)):
            found = week_profiles(warehouse, week).distribution("latency_ms")
            rows += [
                {"week": iso_week(week), "quantile": f"p{share * 100:.0f}", "ms": found.quantile(share)}
                for share in (0.5, 0.95, 0.99)
            ]
    return pd.DataFrame(rows, columns=["week", "quantile", "ms"])


def _tiles(week: str, verdicts: Rows, incidents: Rows, judged: Rows, costs: Rows, latency: pd.DataFrame) -> list[Tile]:
    now = [row for row in judged if row["week"] == week and row["weight"] is not None]
    quality = [(row["quality_score"], row["weight"]) for row in now if row["quality_score"] is not None]
    unsafe = [(not row["is_safe"], row["weight"]) for row in now if row["is_safe"] is not None]
    spent = [row for row in costs if row["week"] == week and row["purpose"] == "application"]
    p95 = latency[(latency["week"] == iso_week(week)) & (latency["quantile"] == "p95")]["ms"]
    return [
        _standing([row for row in verdicts if row["week"] == week and row["slice"] == "all"], incidents),
        Tile(label=f"production quality, {iso_week(week)}", value=_mean(quality, ".2f")),
        Tile(label="production safety violations", value=_mean(unsafe, ".1%")),
        Tile(label="latency, p95", value=f"{p95.iloc[0]:,.0f} ms" if len(p95) else "no data"),
        Tile(label="application, this week", value=_spent(spent)),
    ]


def _standing(verdicts: Rows, incidents: Rows) -> Tile:
    open_now = [row for row in incidents if row["closed"] is None and row["direction"] == "degraded"]
    causes = ", ".join(sorted({row["attribution"] for row in open_now if row["attribution"]}))
    if open_now:
        value = f"{len(open_now)} {'metric' if len(open_now) == 1 else 'metrics'}"
        return Tile(label=f"degraded, cause: {causes or 'unresolved'}", value=value, mood="bad")
    word, metrics = quiet(verdicts)
    if word == "stable":
        return Tile(label="no open incident", value=word, mood="good")
    return Tile(label=f"no open incident; {metrics}", value=word)


def _spent(rows: Rows) -> str:
    """What is known to be spent; calls without a price are named beside it."""
    priced = [row["cost_usd"] for row in rows if row["cost_usd"] is not None]
    unpriced = sum(row["unpriced_calls"] or 0 for row in rows)
    if not priced:
        return "no data"
    return f"${sum(priced):,.2f}" + (f" ({unpriced:,} unpriced)" if unpriced else "")


def _mean(weighted: Sequence[tuple[float, float]], form: str) -> str:
    weight = sum(weight for _, weight in weighted)
    return f"{sum(value * weight for value, weight in weighted) / weight:{form}}" if weight else "no data"


def _incident(row: Mapping[str, Any]) -> dict[str, str]:
    return {
        "metric": f"{row['metric']} ({row['instrument']})",
        "direction": row["direction"],
        "attribution": row["attribution"] or "",
        "began": iso_week(row["began"]),
        "opened": iso_week(row["opened"]),
        "closed": iso_week(row["closed"]) if row["closed"] else "open",
        "paged": "yes" if row["pages"] and row["leads"] else "with another" if row["pages"] else "no",
    }
