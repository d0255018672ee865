"""The sensor that pages."""

import hashlib
from collections.abc import Iterator

import dagster as dg

from llm_eval_pipeline.alerts.delivery import due
from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.defs.alerts.jobs import reevaluate, send_alerts
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse


@dg.sensor(
    jobs=[send_alerts, reevaluate],
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def drift_alert_sensor(
    settings: dg.ResourceParam[Settings],
    warehouse: dg.ResourceParam[Warehouse],
    outbox: dg.ResourceParam[Outbox],
    channels: dg.ResourceParam[list],
) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Send what an open incident has to say, once; a new page also asks the canary again.

    What a channel did not take waits in the outbox, and is tried again every ten minutes.
    """
    messages = due(warehouse, outbox, settings.links)
    waiting = outbox.waiting([channel.name for channel in channels])
    if messages:
        said = "/".join(f"{message.key}:{message.event}" for message in messages)
        yield dg.RunRequest(run_key=f"alerts-{hashlib.sha256(said.encode()).hexdigest()[:16]}", job_name="send_alerts")
    elif waiting:
        yield dg.RunRequest(run_key=f"retry-{system_clock():%Y-%m-%dT%H:%M}"[:-1], job_name="send_alerts")
    else:
        yield dg.SkipReason("no incident has anything new to say")
    for message in messages:
        if message.event == "trigger":
            yield dg.RunRequest(
                run_key=f"reevaluate-{message.key}",
                job_name="reevaluate",
                tags={"llm_eval/page": message.key},
            )
