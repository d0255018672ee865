"""The sensor that pages: what it asks for, tick by tick."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import dagster as dg
import pytest

from llm_eval_pipeline.alerts.channels.console import ConsoleChannel
from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.defs.alerts.jobs import send_alerts
from llm_eval_pipeline.defs.alerts.sensors import drift_alert_sensor
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
INCIDENT = {
    "incident_id": "i1",
    "metric": "latency_ms",
    "direction": "degraded",
    "attribution": "model",
    "instrument": "production",
    "began": "2026-03-23",
    "opened": "2026-03-30",
    "page_id": "p1",
    "leads": True,
    "pages": True,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """A warehouse, an outbox, and what the console was told."""

    warehouse: Warehouse
    outbox: Outbox
    told: list[str]

    def tick(self) -> dg.SensorExecutionData:
        resources = {
            "settings": Settings(),
            "warehouse": self.warehouse,
            "outbox": self.outbox,
            "channels": [ConsoleChannel(self.told.append)],
        }
        with dg.build_sensor_context(resources=resources) as context:
            return drift_alert_sensor.evaluate_tick(context)

    def asked(self) -> list[tuple[str, str]]:
        """What a tick asks for: each job, and the first word of its run key."""
        return [(r.job_name or "", (r.run_key or "").partition("-")[0]) for r in self.tick().run_requests or []]

    def send(self) -> None:
        resources = {"outbox": self.outbox, "channels": [ConsoleChannel(self.told.append)]}
        assert send_alerts.execute_in_process(resources=resources).success


@pytest.fixture
def paging(tmp_path: Path) -> Paging:
    warehouse = Warehouse(str(tmp_path / "warehouse"))
    warehouse.write(DRIFT_INCIDENTS, None, [INCIDENT])
    return Paging(warehouse=warehouse, outbox=Outbox(tmp_path / "outbox.sqlite"), told=[])


def test_a_new_page_is_sent_and_asks_the_canary_again_and_then_all_is_said(paging: Paging) -> None:
    alert, again = paging.tick().run_requests or []
    assert (alert.job_name, again.job_name) == ("send_alerts", "reevaluate")
    assert (again.run_key, again.tags["llm_eval/page"]) == ("reevaluate-p1", "p1")
    paging.send()
    assert len(paging.told) == 1
    last = paging.tick()
    assert (last.run_requests, last.skip_message) == ([], "no incident has anything new to say")


def test_what_is_due_is_in_the_outbox_before_any_run(paging: Paging) -> None:
    paging.tick()
    assert paging.outbox.held() == {("p1", "trigger")}
    assert paging.told == []


def test_a_run_that_died_is_asked_for_again_under_another_key(paging: Paging) -> None:
    # the run keys of one page are the same at each tick, and Dagster starts one run for a key
    assert paging.asked() == [("send_alerts", "alerts"), ("reevaluate", "reevaluate")]
    assert paging.asked() == [("send_alerts", "retry"), ("reevaluate", "reevaluate")]
    paging.send()
    assert (len(paging.told), paging.asked()) == (1, [])


def test_the_end_of_a_page_is_sent_and_asks_nobody_again(paging: Paging) -> None:
    paging.tick()
    paging.send()
    paging.warehouse.write(DRIFT_INCIDENTS, None, [{**INCIDENT, "closed": "2026-04-13", "pages": False}])
    assert paging.asked() == [("send_alerts", "alerts")]
    paging.send()
    assert "no longer degraded" in paging.told[1]
