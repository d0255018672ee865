"""What Dagster finds: names that people and scripts rely on, windows, and what starts by itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta

import dagster as dg
import pytest

from llm_eval_pipeline.definitions import defs
from llm_eval_pipeline.settings import PREFIX, REPOSITORY
from llm_eval_pipeline.storage.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does

ASSETS = {
    "datasets": {"eval_dataset": "week", "promoted_examples": "week"},
    "evaluation": {
        "model_outputs": "week",
        "judge_scores": "week",
        "safety_scores": "week",
        "text_scores": "week",
        "aggregate_metrics": "week",
        "prediction_table": "week",
        "failure_table": "week",
        "model_comparison": "week",
        "weekly_changes": "week",
        "anchor_scores": "week",
        "call_plan": "week",
        "pairwise_preferences": "week",
        "judge_quality": "week",
        "corrected_metrics": "week",
    },
    "production": {"production_traces": "day", "trace_profiles": "day", "trace_scores": "week"},
    "drift": {"drift_baseline": None, "weekly_drift_report": "week", "drift_incidents": None},
    "costs": {"cost_summary": "week"},
    "dashboards": {"dashboard": None},
    "sinks": {"wandb_runs": "week", "mlflow_runs": "week"},
}
INGESTED = {"production_traces", "trace_profiles"}
EVALUATED = {
    *("eval_dataset", "model_outputs", "judge_scores", "safety_scores", "text_scores"),
    *("prediction_table", "failure_table", "aggregate_metrics", "wandb_runs", "mlflow_runs"),
    *("anchor_scores", "judge_quality", "corrected_metrics"),
    *("model_comparison", "weekly_changes"),
}
EVERYTHING = {name for group in ASSETS.values() for name in group}
JOBS = {
    "weekly_evaluation": EVALUATED,
    "weekly_drift": EVERYTHING - INGESTED - {"call_plan", "pairwise_preferences"},
    "daily_ingest": INGESTED,
    "promote_traces": {"promoted_examples"},
    "send_alerts": set(),
    "reevaluate": set(),
}
COLUMNS_ARE_CHECKED = EVERYTHING - {"call_plan", "dashboard", "wandb_runs", "mlflow_runs"}
HEAVY = {"mlflow", "wandb", "scipy", "duckdb", "altair", "presidio_analyzer", "sacrebleu", "sklearn", "pandas"}


@pytest.fixture(scope="module")
def definitions() -> dg.Definitions:
    return defs()


def specs(definitions: dg.Definitions) -> dict[str, dg.AssetSpec]:
    return {spec.key.to_user_string(): spec for spec in definitions.resolve_all_asset_specs()}


def window_of(spec: dg.AssetSpec) -> str | None:
    if isinstance(spec.partitions_def, dg.WeeklyPartitionsDefinition):
        return "week"
    return "day" if isinstance(spec.partitions_def, dg.DailyPartitionsDefinition) else None


def schedule_at(schedule: str, now: datetime, definitions: dg.Definitions) -> dg.RunRequest | dg.SkipReason:
    nothing_yet = {"warehouse": Warehouse("memory://nothing-yet")}
    with dg.build_schedule_context(scheduled_execution_time=now, resources=nothing_yet) as context:
        return definitions.resolve_schedule_def(schedule)(context)


def test_definitions_can_be_loaded(definitions: dg.Definitions) -> None:
    dg.Definitions.validate_loadable(definitions)
    assert len(definitions.resolve_all_job_defs()) >= len(JOBS)


def test_assets_groups_and_windows(definitions: dg.Definitions) -> None:
    found: dict[str, dict[str, str | None]] = {}
    for name, spec in specs(definitions).items():
        found.setdefault(spec.group_name or "", {})[name] = window_of(spec)
    assert found == ASSETS


def test_every_asset_says_what_it_is_and_whose(definitions: dg.Definitions) -> None:
    for name, spec in specs(definitions).items():
        assert spec.description, name
        assert spec.owners, name
        assert spec.kinds, name


def test_jobs_and_their_assets(definitions: dg.Definitions) -> None:
    jobs = {job.name: job for job in definitions.resolve_all_job_defs() if not job.name.startswith("__")}
    assert {
        name: {key.to_user_string() for key in job.asset_layer.executable_asset_keys} for name, job in jobs.items()
    } == JOBS


def test_schedules_and_sensors_start_by_themselves(definitions: dg.Definitions) -> None:
    schedules = {schedule.name: schedule for schedule in definitions.schedules or []}
    assert {
        name: (one.job_name, one.cron_schedule, one.execution_timezone, one.default_status)
        for name, one in schedules.items()
    } == {
        "weekly_drift_schedule": ("weekly_drift", "0 6 * * 1", "UTC", dg.DefaultScheduleStatus.RUNNING),
        "daily_ingest_schedule": ("daily_ingest", "30 1 * * *", "UTC", dg.DefaultScheduleStatus.RUNNING),
    }
    assert {
        sensor.name: ({target.job_name for target in sensor.targets}, sensor.default_status)
        for sensor in definitions.sensors or []
    } == {
        "drift_alert_sensor": ({"send_alerts", "reevaluate"}, dg.DefaultSensorStatus.RUNNING),
        "trace_promotion_sensor": ({"promote_traces"}, dg.DefaultSensorStatus.RUNNING),
    }


def test_every_table_has_its_columns_checked(definitions: dg.Definitions) -> None:
    checks = definitions.resolve_asset_graph().asset_check_keys
    assert {key.asset_key.to_user_string() for key in checks if key.name == "columns"} == COLUMNS_ARE_CHECKED


def test_windows_are_weeks_from_monday_and_days_that_have_ended(definitions: dg.Definitions) -> None:
    for name, spec in specs(definitions).items():
        if (window := window_of(spec)) is None:
            continue
        first = spec.partitions_def.start
        now = first + timedelta(weeks=10, days=1, hours=12)  # a Tuesday noon
        keys = [date.fromisoformat(key) for key in spec.partitions_def.get_partition_keys(current_time=now)]
        assert (first.weekday(), first.utcoffset()) == (0, timedelta(0)), name
        step, many = (timedelta(weeks=1), 10) if window == "week" else (timedelta(days=1), 71)
        assert keys == [first.date() + place * step for place in range(many)], name


def test_a_range_of_windows_is_one_run(definitions: dg.Definitions) -> None:
    for name, spec in specs(definitions).items():
        policy = definitions.resolve_assets_def(spec.key).backfill_policy
        assert (policy == dg.BackfillPolicy.single_run()) == (window_of(spec) is not None), name


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 4, 6, 6, tzinfo=UTC), "2026-03-30"),  # the Monday after 2026-W14
        (datetime(2026, 1, 5, 6, tzinfo=UTC), "2025-12-29"),  # across the year
        (datetime(2026, 4, 8, 9, tzinfo=UTC), "2026-03-30"),  # started late, on a Wednesday
    ],
)
def test_weekly_schedule_asks_for_the_week_just_ended(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch, now: datetime, week: str
) -> None:
    monkeypatch.setenv("LLM_EVAL_FIRST_WEEK", "2025-12-01")
    asked = schedule_at("weekly_drift_schedule", now, definitions)
    assert isinstance(asked, dg.RunRequest)
    assert (asked.partition_key, asked.run_key) == (week, week)


def test_weekly_schedule_skips_weeks_before_the_first(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EVAL_FIRST_WEEK", "2026-04-06")
    asked = schedule_at("weekly_drift_schedule", datetime(2026, 4, 6, 6, tzinfo=UTC), definitions)
    assert isinstance(asked, dg.SkipReason)
    assert "2026-03-30" in (asked.skip_message or "")


@pytest.mark.parametrize(
    ("late_days", "today", "first", "last"),
    [
        ("3", datetime(2026, 4, 8, 1, 30, tzinfo=UTC), "2026-04-04", "2026-04-07"),  # yesterday and three days more
        ("0", datetime(2026, 4, 8, 1, 30, tzinfo=UTC), "2026-04-07", "2026-04-07"),
        ("3", datetime(2026, 1, 7, 1, 30, tzinfo=UTC), "2026-01-05", "2026-01-06"),  # no day before the first
    ],
)
def test_daily_schedule_asks_for_yesterday_and_late_days(
    definitions: dg.Definitions,
    monkeypatch: pytest.MonkeyPatch,
    late_days: str,
    today: datetime,
    first: str,
    last: str,
) -> None:
    monkeypatch.setenv("LLM_EVAL_FIRST_WEEK", "2026-01-05")
    monkeypatch.setenv("LLM_EVAL_LATE_DAYS", late_days)
    asked = schedule_at("daily_ingest_schedule", today, definitions)
    assert isinstance(asked, dg.RunRequest)
    assert asked.run_key == last
    assert asked.tags == {"dagster/asset_partition_range_start": first, "dagster/asset_partition_range_end": last}


def test_daily_schedule_skips_days_before_the_first(
    definitions: dg.Definitions, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LLM_EVAL_FIRST_WEEK", "2026-01-05")
    asked = schedule_at("daily_ingest_schedule", datetime(2026, 1, 5, 1, 30, tzinfo=UTC), definitions)
    assert isinstance(asked, dg.SkipReason)
    assert "2026-01-04" in (asked.skip_message or "")


def test_a_dataset_holds_what_was_promoted_the_week_before(definitions: dg.Definitions) -> None:
    dependency = next(
        one for one in specs(definitions)["eval_dataset"].deps if one.asset_key == dg.AssetKey("promoted_examples")
    )
    assert dependency.partition_mapping == dg.TimeWindowPartitionMapping(
        start_offset=-1, end_offset=-1, allow_nonexistent_upstream_partitions=True
    )


def test_a_weeks_changes_are_against_the_week_before(definitions: dg.Definitions) -> None:
    deps = {one.asset_key.to_user_string(): one for one in specs(definitions)["weekly_changes"].deps}
    assert set(deps) == {"prediction_table", "judge_scores"}
    assert deps["prediction_table"].partition_mapping == dg.TimeWindowPartitionMapping(
        start_offset=-1, end_offset=0, allow_nonexistent_upstream_partitions=True
    )


IMPORTED = """
import json, sys
from llm_eval_pipeline.definitions import defs
definitions = defs()
definitions.resolve_asset_graph()
json.dump({
    "modules": sorted({name.partition(".")[0] for name in sys.modules}),
    "weeks": definitions.resolve_assets_def("eval_dataset").partitions_def.get_first_partition_key(),
    "days": definitions.resolve_assets_def("production_traces").partitions_def.get_first_partition_key(),
}, sys.stdout)
"""


def load_anew(**settings: str) -> subprocess.CompletedProcess[str]:
    """The definitions loaded in a process where every warning is an error."""
    others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    command = [sys.executable, "-W", "error", "-c", IMPORTED]
    return subprocess.run(
        command, cwd=REPOSITORY, env=others | settings, capture_output=True, text=True, check=False, timeout=120
    )


def test_loading_imports_nothing_heavy_warns_of_nothing_and_starts_where_it_is_told() -> None:
    done = load_anew(LLM_EVAL_FIRST_WEEK="2024-01-01")
    assert (done.returncode, done.stderr) == (0, "")
    loaded = json.loads(done.stdout)
    assert HEAVY & set(loaded["modules"]) == set()
    assert (loaded["weeks"], loaded["days"]) == ("2024-01-01", "2024-01-01")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("LLM_EVAL_FIRST_WEEK", "2026-03-03", "2026-03-03 is a Tuesday"),
        ("LLM_EVAL_BASELINE_WEEK", "8", "did you mean LLM_EVAL_BASELINE_WEEKS?"),
    ],
)
def test_a_bad_setting_stops_the_load_and_is_named(name: str, value: str, said: str) -> None:
    done = load_anew(**{name: value})
    assert done.returncode != 0
    assert name in done.stderr
    assert said in done.stderr
