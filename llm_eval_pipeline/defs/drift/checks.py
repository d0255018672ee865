"""Is the watch kept? The week that just ended has a report, and the report has data to speak from."""

import dagster as dg

from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.drift.assets import weekly_drift_report
from llm_eval_pipeline.defs.partitions import windows_of
from llm_eval_pipeline.defs.tables import result_over
from llm_eval_pipeline.drift.schema import WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.drift.verdict import BASELINE_WINDOW
from llm_eval_pipeline.production.schema import TRACE_PROFILES
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, iso_week, last_complete_week


@dg.asset_check(asset=weekly_drift_report, description="The window of the week that just ended is there.")
def last_week_is_there(warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
    """Freshness by partition: an old partition that is made again does not hide that the newest is missing."""
    week = last_complete_week(system_clock())
    there = warehouse.exists(WEEKLY_DRIFT_REPORT, week)
    missing = {} if there else {week: f"{iso_week(week)} has no report: run the job weekly_drift for it"}
    return result_over(missing, newest_complete_week=iso_week(week))


@dg.asset_check(asset=weekly_drift_report, description="Each instrument could say something about the week.")
def instruments_have_data(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """An instrument without any data leaves the cause of a drift unresolved."""
    silent = {}
    for week in windows_of(context, warehouse.partitions(WEEKLY_DRIFT_REPORT)):
        rows = [row for row in warehouse.read(WEEKLY_DRIFT_REPORT, week).to_pylist() if row["slice"] == "all"]
        spoke = {row["instrument"] for row in rows if row["verdict"] != "no_data"}
        unheard = sorted({row["instrument"] for row in rows} - spoke)
        if unheard and not all(row["reason"] == BASELINE_WINDOW for row in rows):
            silent[week] = f"{', '.join(unheard)} had no data"
    return result_over(silent)


@dg.asset_check(asset=weekly_drift_report, description="All seven days of the week's production are profiled.")
def all_days_are_there(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """A week of six days is no week; one without any production is another check's affair."""
    short = {}
    for week in windows_of(context, warehouse.partitions(WEEKLY_DRIFT_REPORT)):
        missing = [day for day in days_of(week) if not warehouse.exists(TRACE_PROFILES, day)]
        if 0 < len(missing) < len(days_of(week)):
            short[week] = f"{', '.join(missing)} not profiled: run the job daily_ingest for it"
    return result_over(short)
