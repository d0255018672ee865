"""The sensor that promotes."""

from collections.abc import Iterator

import dagster as dg

from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.datasets.jobs import promote_traces
from llm_eval_pipeline.windows import week_before


@dg.sensor(job=promote_traces, minimum_interval_seconds=60, default_status=dg.DefaultSensorStatus.RUNNING)
def trace_promotion_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Promote the traces of every week that has been judged since it was last promoted, neighbours in one run.

    A week that stays behind, for its run failed, is asked for again every ten minutes.
    """
    ten_minutes = f"{system_clock():%Y-%m-%dT%H:%M}"[:-1]
    judged = _latest(context.instance, "trace_scores")
    promoted = _latest(context.instance, "promoted_examples")
    stale = sorted(week for week, event in judged.items() if event > promoted.get(week, -1))
    if not stale:
        yield dg.SkipReason("every judged week has been promoted")
    for first, last in _ranges(stale):
        newest = max(judged[week] for week in stale if first <= week <= last)
        yield dg.RunRequest(
            run_key=f"{first}/{last}/{newest}/{ten_minutes}",
            tags={"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last},
        )


def _latest(instance: dg.DagsterInstance, asset: str) -> dict[str, int]:
    """The number of the newest materialisation of each partition."""
    return dict(
        instance.get_latest_storage_id_by_partition(dg.AssetKey(asset), dg.DagsterEventType.ASSET_MATERIALIZATION)
    )


def _ranges(weeks: list[str]) -> list[tuple[str, str]]:
    """Neighbouring weeks put together, as first and last."""
    ranges: list[tuple[str, str]] = []
    for week in weeks:
        if ranges and ranges[-1][1] == week_before(week):
            ranges[-1] = ranges[-1][0], week
        else:
            ranges.append((week, week))
    return ranges
