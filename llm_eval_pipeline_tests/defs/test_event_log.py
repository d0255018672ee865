"""The steps that a terminal is shown while Dagster runs."""

from pathlib import Path
from uuid import uuid4

import dagster as dg
import pytest

from llm_eval_pipeline.defs.event_log import kept_open, steps_shown


@dg.asset
def sound() -> None:
    """An asset that succeeds."""


@dg.asset(deps=[sound])
def broken() -> None:
    """An asset that fails."""
    raise ValueError("no such week")


@dg.asset_check(asset=sound)
def sound_is_there() -> dg.AssetCheckResult:
    """A check, which has a step of its own."""
    return dg.AssetCheckResult(passed=True)


@pytest.fixture
def instance(tmp_path: Path):
    with dg.DagsterInstance.local_temp(str(tmp_path), overrides={"telemetry": {"enabled": False}}) as instance:
        yield instance


def test_each_asset_is_shown_once_with_how_it_ended_and_no_check(instance: dg.DagsterInstance) -> None:
    lines: list[str] = []
    definitions = dg.Definitions(
        assets=[sound, broken], asset_checks=[sound_is_there], jobs=[dg.define_asset_job("all_of_it")]
    )
    run_id = str(uuid4())
    with kept_open(instance, run_id), steps_shown(instance, run_id, lines.append):
        result = definitions.resolve_job_def("all_of_it").execute_in_process(
            instance=instance, run_id=run_id, raise_on_error=False
        )
    assert not result.success
    first, second = sorted(lines)
    assert first.split() == ["broken", "failed"]
    name, seconds, unit = second.split()
    assert (name, unit) == ("sound", "s")
    assert float(seconds) >= 0
    assert instance.get_latest_materialization_event(dg.AssetKey("sound")) is not None
