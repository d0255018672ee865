"""The sensor that pages."""

import hashlib
from collections.abc import Iterator

import dagster as dg

from llm_eval_pipeline.alerts.delivery import enqueue_due
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

    What is due is in the outbox before a run is asked for, so a run that dies loses nothing. What was not taken,
    for whatever reason, waits there and is tried again every ten minutes.
    """
    names = [channel.name for channel in channels]
    messages = enqueue_due(warehouse, outbox, names, settings.links)
    if messages:
        said = "/".join(f"{message.key}:{message.event}" for message in messages)
        yield dg.RunRequest(run_key=f"alerts-{hashlib.sha256(said.encode()).hexdigest()[:16]}", job_name="send_alerts")
    elif outbox.waiting(names):
        yield dg.RunRequest(run_key=f"retry-{system_clock():%Y-%m-%dT%H:%M}"[:-1], job_name="send_alerts")
    else:
        yield dg.SkipReason("no incident has anything new to say")
    for page in outbox.waiting_pages(names):  # a tick that died after writing is made good; the key makes it one run
        yield dg.RunRequest(run_key=f"reevaluate-{page}", job_name="reevaluate", tags={"llm_eval/page": page})
