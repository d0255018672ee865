"""The daily ingest, and its schedule."""

from datetime import date, timedelta

import dagster as dg

from llm_eval_pipeline.defs.partitions import first_week
from llm_eval_pipeline.settings import Settings

daily_ingest = dg.define_asset_job(
    "daily_ingest",
    selection=["production_traces", "trace_profiles"],
    description="Read what has landed, and compile and profile the day.",
)


@dg.schedule(
    job=daily_ingest,
    cron_schedule="30 1 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)
def daily_ingest_schedule(context: dg.ScheduleEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """At 01:30 UTC, the day just ended, and the days before it that late spans still reach (LLM_EVAL_LATE_DAYS)."""
    yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
    oldest = max(yesterday - timedelta(days=Settings.load().late_days), date.fromisoformat(first_week()))
    if yesterday < oldest:
        return dg.SkipReason(f"the first day is {oldest}, and {yesterday} lies before it")
    return dg.RunRequest(
        run_key=yesterday.isoformat(),
        tags={
            "dagster/asset_partition_range_start": oldest.isoformat(),
            "dagster/asset_partition_range_end": yesterday.isoformat(),
        },
    )
