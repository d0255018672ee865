"""What drifted: the pinned baseline, the week's report, and the incidents of the whole history."""

from typing import Any

import dagster as dg

from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.evaluation.assets import aggregate_metrics
from llm_eval_pipeline.defs.evaluation.instruments import anchor_scores, trace_scores
from llm_eval_pipeline.defs.partitions import weeks_to
from llm_eval_pipeline.defs.production.assets import trace_profiles
from llm_eval_pipeline.defs.tables import picture, preview, table_asset, windows
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import iso_week, last_complete_week

GROUP = "drift"
_INSTRUMENTS = [trace_profiles, trace_scores, aggregate_metrics, anchor_scores]
_SHOWN = ["instrument", "metric", "direction", "attribution", "baseline_mean", "current_mean", "effect", "effect_floor"]


class BaselineConfig(dg.Config):
    """``repin``: take the baseline anew, after a deliberate change of dataset, anchors, judge or model."""

    repin: bool = False


@table_asset(DRIFT_BASELINE, group=GROUP, deps=_INSTRUMENTS)
def drift_baseline(
    config: BaselineConfig, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """The first weeks that have data, pinned: what each metric looked like, and how far healthy weeks differ.

    Once it holds all of its weeks it stays as it is, until a run says ``repin``.
    """
    from llm_eval_pipeline.drift.instruments import has_data, items_of, observe
    from llm_eval_pipeline.drift.report import baseline_rows, is_pinned

    stored = warehouse.read(DRIFT_BASELINE).to_pylist() if warehouse.exists(DRIFT_BASELINE) else []
    if is_pinned(stored, settings.baseline_weeks, settings.policy) and not config.repin:
        return dg.MaterializeResult(metadata=_baseline_metadata(stored, settings) | {"kept": True})
    weeks: list[str] = []
    for week in weeks_to(last_complete_week(system_clock())):
        if len(weeks) < settings.baseline_weeks and has_data(warehouse, week):
            weeks.append(week)
    items = items_of(warehouse, weeks)
    rows = baseline_rows({week: observe(warehouse, week, items) for week in weeks}, items, settings.policy)
    warehouse.write(DRIFT_BASELINE, None, rows)
    return dg.MaterializeResult(metadata=_baseline_metadata(rows, settings) | {"kept": False})


def _baseline_metadata(rows: list[dict], settings: Settings) -> dict[str, Any]:
    weeks = sorted({week for row in rows for week in row["weeks"]})
    return {
        "weeks": len(weeks),
        "weeks_wanted": settings.baseline_weeks,
        "window": f"{iso_week(weeks[0])} to {iso_week(weeks[-1])}" if weeks else "none yet",
        "metrics": len(rows),
    }


@table_asset(WEEKLY_DRIFT_REPORT, group=GROUP, deps=[*_INSTRUMENTS, drift_baseline])
def weekly_drift_report(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Every metric of the week against the baseline, by three instruments, with a cause: traffic, model or judge."""
    from llm_eval_pipeline.dashboards.charts import effects, svg
    from llm_eval_pipeline.dashboards.frames import effect_frame
    from llm_eval_pipeline.drift.instruments import observe
    from llm_eval_pipeline.drift.report import pinned_baseline, pinned_items, report_rows

    pinned = warehouse.read(DRIFT_BASELINE).to_pylist()
    items, baseline = pinned_items(pinned), pinned_baseline(pinned)
    for week in windows(context):
        rows = report_rows(week, observe(warehouse, week, items), baseline, settings.policy)
        warehouse.write(WEEKLY_DRIFT_REPORT, week, rows)
        whole = [row for row in rows if row["slice"] == "all"]
        drifted = [row for row in whole if row["verdict"] == "drifted"]
        shown = effect_frame(whole)
        title = f"Drift in {iso_week(week)}"
        context.add_asset_metadata(
            {
                "drifted": len(drifted),
                "degraded": sum(row["direction"] == "degraded" for row in drifted),
                "stable": sum(row["verdict"] == "stable" for row in whole),
                "no_data": sum(row["verdict"] in ("no_data", "low_power") for row in whole),
                "drifted_in_slices": sum(row["verdict"] == "drifted" for row in rows if row["slice"] != "all"),
                "attribution": ", ".join(sorted({row["attribution"] for row in drifted})) or "nothing drifted",
                **({"plot": picture(svg(effects(shown, title=title)), title)} if len(shown) else {}),
                "drifted_metrics": preview(drifted, _SHOWN),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(DRIFT_INCIDENTS, group=GROUP, deps=[weekly_drift_report])
def drift_incidents(warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """What drifted two weeks in a row, until two stable ones; what is still open in the newest complete week pages."""
    from llm_eval_pipeline.drift.history import incident_rows

    weeks = warehouse.partitions(WEEKLY_DRIFT_REPORT)
    reports = {week: warehouse.read(WEEKLY_DRIFT_REPORT, week).to_pylist() for week in weeks}
    rows = incident_rows(reports, last_complete_week(system_clock()))
    warehouse.write(DRIFT_INCIDENTS, None, rows)
    return dg.MaterializeResult(
        metadata={
            "incidents": len(rows),
            "open": sum(row["closed"] is None for row in rows),
            "pages": len({row["page_id"] for row in rows if row["pages"]}),
            "preview": preview(rows, ["metric", "direction", "attribution", "began", "opened", "closed", "pages"]),
        }
    )
