"""The windows that exist: weeks named by their Monday, days by their date, both in UTC, from the first week on."""

import dagster as dg

from llm_eval_pipeline.sample import laid_sample
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.windows import WEEK, parse_week

EARLIEST = "2026-01-05"
"""The first week when neither a setting nor a laid sample names one."""


def first_week() -> str:
    """The Monday of the first window."""
    settings = Settings.load()
    if settings.first_week is not None:
        return settings.first_week.isoformat()
    laid = laid_sample(settings.landing)
    return laid.first_week if laid else EARLIEST


WEEKLY = dg.WeeklyPartitionsDefinition(start_date=first_week(), day_offset=1, timezone="UTC")
DAILY = dg.DailyPartitionsDefinition(start_date=first_week(), timezone="UTC")

ONE_RUN = dg.BackfillPolicy.single_run()
"""A range of windows is one run: the body goes through the windows one by one."""

WEEK_BEFORE = dg.TimeWindowPartitionMapping(start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True)
"""A week depends on the week before it, where there is one."""

WEEK_AND_THE_ONE_BEFORE = dg.TimeWindowPartitionMapping(
    start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
)
"""A week depends on itself and on the week before it, where there is one."""


def weeks_to(week: str) -> list[str]:
    """Every week from the first one up to ``week``, oldest first."""
    first = parse_week(first_week())
    return [(first + i * WEEK).isoformat() for i in range((parse_week(week) - first) // WEEK + 1)]


def windows_of(context: dg.AssetCheckExecutionContext, stored: list[str]) -> list[str]:
    """The windows that a check looks at: those of its run, or the newest stored one when it runs by itself."""
    run = context.op_execution_context
    return list(run.partition_keys) if run.has_partitions else stored[-1:]
