"""The summary in words, for a terminal: what the windows showed, what opened, who would hear of it, what it cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.dashboards.verdicts import quiet
from llm_eval_pipeline.datasets.schema import PROMOTED_EXAMPLES
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.drift.verdict import BASELINE_WINDOW
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import iso_week

Row = Mapping[str, Any]
_SHOWN_METRICS = 4


def summary(warehouse: Warehouse, outbox: Outbox, settings: Settings) -> str:
    """The whole summary."""
    parts = [
        _section("Windows", _windows(warehouse)),
        _section("Incidents", _incidents(warehouse)),
        _section(
            "Alerts", [line for channel, m in outbox.messages() for line in f"[{channel}] {m.as_text()}".split("\n")]
        ),
        _section("Promoted from production", _promoted(warehouse)),
        _section("Cost", _costs(warehouse)),
        _section(
            "Look further",
            [
                "make dev      the Dagster UI on http://127.0.0.1:3000: assets, runs, backfills, sensors",
                f"dashboard     {settings.dashboard.resolve().as_uri()}",
                "make mlflow   the MLflow UI on http://127.0.0.1:5000" if settings.mlflow == "on" else "MLflow is off",
                f"W&B           runs in {settings.state_folder / 'wandb'}; `wandb sync` sends them"
                if settings.wandb == "offline"
                else f"W&B is {settings.wandb}",
            ],
        ),
    ]
    return "\n\n".join(parts)


def _section(title: str, lines: Sequence[str]) -> str:
    return "\n".join([title, *(f"  {line}" for line in lines or ["none"])])


def _windows(warehouse: Warehouse) -> list[str]:
    lines = []
    for week in warehouse.partitions(WEEKLY_DRIFT_REPORT):
        rows = [row for row in warehouse.read(WEEKLY_DRIFT_REPORT, week).to_pylist() if row["slice"] == "all"]
        drifted = [row for row in rows if row["verdict"] == "drifted"]
        lines.append(f"{iso_week(week)}  {_said(rows, drifted)}")
    return lines


def _said(rows: Sequence[Row], drifted: Sequence[Row]) -> str:
    if rows and all(row["reason"] == BASELINE_WINDOW for row in rows):
        return "baseline"
    if not drifted:
        word, metrics = quiet(rows)
        return f"{word:8}  {metrics}"
    causes = ", ".join(sorted({row["attribution"] or "unresolved" for row in drifted}))
    worst = sorted(drifted, key=lambda row: -(row["effect"] or 0) / (row["effect_floor"] or 1))
    named = [f"{row['instrument']} {row['metric']} {row['direction']}" for row in worst[:_SHOWN_METRICS]]
    more = f" and {len(worst) - _SHOWN_METRICS} more" if len(worst) > _SHOWN_METRICS else ""
    return f"drifted   [{causes}] {', '.join(named)}{more}"


def _incidents(warehouse: Warehouse) -> list[str]:
    """One line per page with its incidents below it, and the incidents that nobody is paged for."""
    rows = warehouse.read(DRIFT_INCIDENTS).to_pylist() if warehouse.exists(DRIFT_INCIDENTS) else []
    rows.sort(key=lambda row: (row["page_id"] is None, row["page_id"], not row["leads"], row["opened"], row["metric"]))
    lines, page = [], None
    for row in rows:
        if row["page_id"] != page:
            page = row["page_id"]
            told = "one page" if row["pages"] else "over, nobody is paged"
            lines.append(f"[{row['attribution'] or 'unresolved'}] {told}:")
        elif page is None and "nobody is paged for:" not in lines:
            lines.append("nobody is paged for:")
        until = f"to {iso_week(row['closed'])}" if row["closed"] else "still open"
        name = f"{row['instrument']} {row['metric']} {row['direction']}"
        lines.append(f"  {name:44} from {iso_week(row['began'])}, {until}")
    return lines


def _promoted(warehouse: Warehouse) -> list[str]:
    rows = _all(warehouse, PROMOTED_EXAMPLES)
    counts = {s: sum(row["status"] == s for row in rows) for s in ("accepted", "needs_review", "rejected")}
    if not rows:
        return []
    return [
        f"{counts['accepted']} accepted, {counts['needs_review']} wait for review, {counts['rejected']} rejected "
        f"(of {len(rows)} candidates)"
    ]


def _costs(warehouse: Warehouse) -> list[str]:
    rows = list(_all(warehouse, COST_SUMMARY))
    lines = [f"{f'application {name}':32}{usd:10.4f} USD" for name, usd in _sums(rows, "feature", "application")]
    evaluating = [row for row in rows if row["purpose"] != "application"]
    lines += [f"{f'evaluation {name}':32}{usd:10.4f} USD" for name, usd in _sums(evaluating, "purpose")]
    unpriced = sum(row["unpriced_calls"] for row in rows)
    return [*lines, f"{unpriced} calls without a price are not in these sums"] if unpriced else lines


def _sums(rows: Iterable[Row], by: str, purpose: str | None = None) -> list[tuple[str, Decimal]]:
    sums: dict[str, Decimal] = {}
    for row in rows:
        if purpose in (None, row["purpose"]) and row["cost_usd"] is not None:
            sums[row[by]] = sums.get(row[by], Decimal(0)) + row["cost_usd"]
    return sorted(sums.items())


def _all(warehouse: Warehouse, table: Table) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = warehouse.read_many(table, warehouse.partitions(table)).to_pylist()
    return rows
