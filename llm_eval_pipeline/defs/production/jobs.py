"""The daily ingest, and its schedule."""

from datetime import date, timedelta

import dagster as dg

from llm_eval_pipeline.defs.partitions import first_week
from llm_eval_pipeline.production.completeness import stale_days
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

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
def daily_ingest_schedule(
    context: dg.ScheduleEvaluationContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.RunRequest | dg.SkipReason:
    """At 01:30 UTC, the day just ended, and the days before it that late spans still reach (LLM_EVAL_LATE_DAYS).

    Days whose spans landed later than that, or while nothing ran, are caught up with.
    """
    yesterday = context.scheduled_execution_time.date() - timedelta(days=1)
    first = date.fromisoformat(first_week())
    if yesterday < first:
        return dg.SkipReason(f"the first day is {first}, and {yesterday} lies before it")
    behind = [day for day in stale_days(warehouse) if first.isoformat() <= day <= yesterday.isoformat()]
    oldest = max(first, yesterday - timedelta(days=Settings.load().late_days))
    return dg.RunRequest(
        run_key=yesterday.isoformat(),
        tags={
            "dagster/asset_partition_range_start": min([oldest.isoformat(), *behind]),
            "dagster/asset_partition_range_end": yesterday.isoformat(),
        },
    )
