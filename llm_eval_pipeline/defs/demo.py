"""``make demo``: every window of the sample through Dagster, both sensors, and a summary.

What was done before is not done again: windows that are materialised are skipped, and every call that was ever made is
answered from the ledger. So the same command finishes what an interrupted one began.
"""

import gc
import logging
import os
import sys
import time
from uuid import uuid4

import dagster as dg

from llm_eval_pipeline import assembly
from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.event_log import kept_open, steps_shown
from llm_eval_pipeline.sample import LaidSample, lay_sample
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.windows import WEEK, days_of, parse_week

_RANGE_START, _RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
_MARK = {"llm_eval/demo": "true"}
_NAMED = 2
DAILY_ASSETS = ["production_traces", "trace_profiles"]
WEEKLY_ASSETS = [
    *("eval_dataset", "model_outputs", "judge_scores", "safety_scores", "text_scores"),
    *("prediction_table", "failure_table", "aggregate_metrics", "wandb_runs", "mlflow_runs"),
    *("anchor_scores", "judge_quality", "corrected_metrics"),
    *("drift_baseline", "weekly_drift_report", "drift_incidents", "cost_summary", "dashboard"),
    *("model_comparison", "weekly_changes"),
]


class DemoError(RuntimeError):
    """A run of the demo failed. The text names the job and where its log is."""


def main() -> None:
    """Run the demo."""
    started = time.monotonic()
    os.environ.setdefault("MLFLOW_LOGGING_LEVEL", "WARNING")
    logging.getLogger("llm_eval_pipeline").setLevel(logging.ERROR)  # the alert is shown once, in the summary
    settings = Settings.load()
    say("Laying the sample so that its last week is the week that just ended")
    laid = lay_sample(settings.data_dir / "sample_traces", settings.landing, system_clock())
    from llm_eval_pipeline.definitions import defs

    definitions = defs()
    with dg.DagsterInstance.get() as instance:
        _forget_dead_runs(instance)
        _run_all(definitions, instance, _weeks(laid))
    gc.unfreeze()
    from llm_eval_pipeline.dashboards.summary import summary

    say(f"\nDone in {time.monotonic() - started:.0f} s\n")
    say(summary(assembly.warehouse(settings), assembly.outbox(settings), settings))


def _run_all(definitions: dg.Definitions, instance: dg.DagsterInstance, weeks: list[str]) -> None:
    days = [day for week in weeks for day in days_of(week)]
    _range(definitions, instance, "daily_ingest", DAILY_ASSETS, days)
    _range(definitions, instance, "weekly_drift", ["trace_scores"], weeks)
    _tick(definitions, instance, "trace_promotion_sensor")
    _range(definitions, instance, "weekly_drift", WEEKLY_ASSETS, weeks)
    _tick(definitions, instance, "drift_alert_sensor")


def _weeks(laid: LaidSample) -> list[str]:
    return [(parse_week(laid.first_week) + i * WEEK).isoformat() for i in range(laid.weeks)]


def _range(
    definitions: dg.Definitions, instance: dg.DagsterInstance, job: str, assets: list[str], keys: list[str]
) -> None:
    """Run a job's ``assets`` over those of ``keys`` that one of them lacks, as one run."""
    missing = sorted({key for asset in assets for key in _missing(definitions, instance, asset, keys)})
    what = ", ".join(assets) if len(assets) <= _NAMED else f"{len(assets)} assets"
    if not missing:
        say(f"{job} ({what}): all of {len(keys)} windows are there")
        return
    tags = {_RANGE_START: missing[0], _RANGE_END: missing[-1]}
    _run(definitions, instance, job, tags, f"{job} ({what}), {missing[0]} to {missing[-1]}", assets)


def _missing(definitions: dg.Definitions, instance: dg.DagsterInstance, asset: str, keys: list[str]) -> list[str]:
    """The keys that an asset lacks; for one without partitions the newest key, when it was never made."""
    key = dg.AssetKey(asset)
    if definitions.resolve_assets_def(key).partitions_def is None:
        return [] if instance.get_latest_materialization_event(key) else keys[-1:]
    there = instance.get_materialized_partitions(key)
    return [one for one in keys if one not in there]


def _tick(definitions: dg.Definitions, instance: dg.DagsterInstance, name: str) -> None:
    """Let a sensor look, and run what it asks for, each run key once."""
    sensor = definitions.resolve_sensor_def(name)
    needed = {key: (definitions.resources or {})[key] for key in sensor.required_resource_keys}
    with dg.build_sensor_context(instance=instance, definitions=definitions, resources=needed) as context:
        ticked = sensor.evaluate_tick(context)
    for request in ticked.run_requests or []:
        job = request.job_name or str(sensor.job_name)
        key = {"dagster/run_key": str(request.run_key), "dagster/sensor_name": name}
        if instance.get_runs_count(dg.RunsFilter(tags=key, statuses=[dg.DagsterRunStatus.SUCCESS])):
            continue
        _run(definitions, instance, job, {**request.tags, **key}, f"{name} asks for {job}")
    if not ticked.run_requests:
        say(f"{name}: {ticked.skip_message}")


def _run(
    definitions: dg.Definitions,
    instance: dg.DagsterInstance,
    job: str,
    tags: dict[str, str],
    what: str,
    only: list[str] | None = None,
) -> None:
    run_id, started = str(uuid4()), time.monotonic()
    say(what)
    gc.freeze()  # what is loaded by now stays, and need not be looked through again and again
    with kept_open(instance, run_id), steps_shown(instance, run_id, say):
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            run_id=run_id,
            tags={**tags, **_MARK},
            asset_selection=[dg.AssetKey(name) for name in only] if only else None,
            run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
            raise_on_error=False,
        )
    if not result.success:
        failures = [event for event in result.all_events if event.is_step_failure]
        for event in failures:
            error = event.step_failure_data.error
            while error is not None and error.cause is not None:
                error = error.cause
            say(f"  {event.step_key}: {error.message.strip() if error else 'failed'}")
        raise DemoError(f"{job} failed; `make dev` shows the log of run {run_id}")
    checks = result.get_asset_check_evaluations()
    warned = [f"{check.asset_key.to_user_string()}: {check.check_name}" for check in checks if not check.passed]
    passed = f", {len(checks) - len(warned)} of {len(checks)} checks passed" if checks else ""
    say(f"    {'in all':22}{time.monotonic() - started:6.1f} s{passed}")
    for warning in warned:
        say(f"    warning from {warning}")


def _forget_dead_runs(instance: dg.DagsterInstance) -> None:
    """Runs of an interrupted demo are failures by now."""
    for run in instance.get_runs(dg.RunsFilter(tags=_MARK, statuses=[dg.DagsterRunStatus.STARTED])):
        instance.report_run_failed(run, "the demo was interrupted; what it had asked is in the ledger")


def say(line: str) -> None:
    """One line to the terminal."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
