"""The weekly drift run, and its schedule."""

import dagster as dg

from llm_eval_pipeline.defs.partitions import WEEKLY, first_week
from llm_eval_pipeline.windows import last_complete_week

weekly_drift = dg.define_asset_job(
    "weekly_drift",
    selection=dg.AssetSelection.all()
    - dg.AssetSelection.assets("production_traces", "trace_profiles")
    - dg.AssetSelection.assets("call_plan", "pairwise_preferences"),
    partitions_def=WEEKLY,
    description="Evaluate the week, judge its traces and the anchors, report drift and costs, draw the dashboard.",
)


@dg.schedule(
    job=weekly_drift,
    cron_schedule="0 6 * * 1",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def weekly_drift_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """On Mondays at 06:00 UTC, the week just ended."""
    week = last_complete_week(context.scheduled_execution_time)
    if week < first_week():
        return dg.SkipReason(f"the first week is {first_week()}, and {week} lies before it")
    return dg.RunRequest(run_key=week, partition_key=week)
