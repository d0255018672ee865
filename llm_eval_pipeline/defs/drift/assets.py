"""What drifted: the pinned baseline, the week's report, and the incidents of the whole history."""

import dagster as dg

from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.evaluation.assets import aggregate_metrics
from llm_eval_pipeline.defs.evaluation.instruments import anchor_scores, trace_scores
from llm_eval_pipeline.defs.partitions import first_week, weeks_to
from llm_eval_pipeline.defs.production.assets import trace_profiles
from llm_eval_pipeline.defs.tables import picture, preview, table_asset, windows
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline.windows import WEEK, iso_week, last_complete_week, parse_week

GROUP = "drift"
_INSTRUMENTS = [trace_profiles, trace_scores, aggregate_metrics, anchor_scores]
_SHOWN = ["instrument", "metric", "direction", "attribution", "baseline_mean", "current_mean", "effect", "effect_floor"]


@table_asset(DRIFT_BASELINE, group=GROUP, deps=_INSTRUMENTS)
def drift_baseline(
    settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """The first weeks, pinned: what each metric looked like, and how far healthy weeks differ among themselves."""
    from llm_eval_pipeline.drift.instruments import observe
    from llm_eval_pipeline.drift.report import baseline_rows

    weeks = {}
    for week in weeks_to(baseline_end(settings)):
        try:
            weeks[week] = observe(warehouse, week)
        except MissingPartitionError:
            continue
    rows = baseline_rows(weeks, settings.policy)
    warehouse.write(DRIFT_BASELINE, None, rows)
    return dg.MaterializeResult(
        metadata={
            "weeks": len(weeks),
            "weeks_wanted": settings.baseline_weeks,
            "window": f"{iso_week(min(weeks))} to {iso_week(max(weeks))}" if weeks else "none yet",
            "metrics": len(rows),
        }
    )


def baseline_end(settings: Settings) -> str:
    """The last week of the baseline."""
    return (parse_week(first_week()) + (settings.baseline_weeks - 1) * WEEK).isoformat()


@table_asset(WEEKLY_DRIFT_REPORT, group=GROUP, deps=[*_INSTRUMENTS, drift_baseline])
def weekly_drift_report(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Every metric of the week against the baseline, by three instruments, with a cause: traffic, model or judge."""
    from llm_eval_pipeline.dashboards.charts import effects, svg
    from llm_eval_pipeline.dashboards.frames import effect_frame
    from llm_eval_pipeline.drift.instruments import observe
    from llm_eval_pipeline.drift.report import report_rows

    pinned = warehouse.read(DRIFT_BASELINE).to_pylist()
    for week in windows(context):
        rows = report_rows(week, observe(warehouse, week), pinned, settings.policy)
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
