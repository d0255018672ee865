"""The sensor that promotes: what it asks for, and that a failed run is not the last word."""

from __future__ import annotations

from datetime import UTC, datetime

import dagster as dg
import pytest

from llm_eval_pipeline.defs.datasets import sensors

WEEK = "2026-03-30"


def asked(instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch, minute: int) -> list[str | None]:
    monkeypatch.setattr(sensors, "system_clock", lambda: datetime(2026, 4, 6, 9, minute, tzinfo=UTC))
    with dg.build_sensor_context(instance=instance) as context:
        ticked = sensors.trace_promotion_sensor.evaluate_tick(context)
    return [request.run_key for request in ticked.run_requests or []]


def test_a_week_that_stays_behind_is_asked_for_every_ten_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    with dg.DagsterInstance.ephemeral() as instance:
        instance.report_runless_asset_event(dg.AssetMaterialization("trace_scores", partition=WEEK))
        first, same, later = (asked(instance, monkeypatch, minute) for minute in (1, 9, 10))
        assert len(first) == 1
        assert first == same
        assert first != later
        instance.report_runless_asset_event(dg.AssetMaterialization("promoted_examples", partition=WEEK))
        assert asked(instance, monkeypatch, 20) == []
