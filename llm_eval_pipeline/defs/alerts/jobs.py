"""Telling people: the job that sends what waits in the outbox, and the job that asks the canary again."""

from typing import Any

import dagster as dg

from llm_eval_pipeline.alerts.channels.seam import Channel
from llm_eval_pipeline.alerts.outbox import Outbox
from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.reevaluation import reevaluate_canary
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import REEVALUATION
from llm_eval_pipeline.storage.warehouse import Warehouse


@dg.op
def deliver_alerts(
    context: dg.OpExecutionContext, outbox: dg.ResourceParam[Outbox], channels: dg.ResourceParam[list]
) -> None:
    """Send what waits in the outbox, where the sensor has put it."""
    to: list[Channel] = channels
    delivery = outbox.deliver(to)
    context.log.info(f"{delivery.sent} messages sent")
    if delivery.failed:
        raise dg.Failure(
            f"{len(delivery.failed)} messages were not taken and wait in the outbox: {'; '.join(delivery.failed)}"
        )


@dg.job(description="Send the alerts that wait in the outbox, each once.")
def send_alerts() -> None:
    """Send the alerts that wait."""
    deliver_alerts()


@dg.op(out=dg.Out(dict, description="mean quality by model"))
def ask_canary_again(
    context: dg.OpExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    models: dg.ResourceParam[ModelsUnderTest],
    judge: dg.ResourceParam[Judge],
    asker: dg.ResourceParam[Asker],
    mlflow: dg.ResourceParam[Any],
) -> dict[str, float]:
    """Ask the newest week's canary once more, and give the mean quality by model to the run and to MLflow."""
    week = warehouse.partitions(EVAL_DATASET)[-1]
    now = system_clock()
    candidate = f"{REEVALUATION}{context.run_tags.get('llm_eval/page', context.run_id)}"
    examples = warehouse.read(EVAL_DATASET, week).to_pylist()
    asked = reevaluate_canary(examples, models, judge, asker, candidate=candidate, at=now)
    means = {model: mean for model in models.names if (mean := asked.mean(model)) is not None}
    context.add_output_metadata({f"quality_mean {model}": mean for model, mean in means.items()})
    if mlflow is not None:
        mlflow.log_metrics({f"eval/quality_mean/{model}": mean for model, mean in means.items()})
        mlflow.end_run()
    return means


@dg.job(description="Ask the canary again now: is what an incident says still so?")
def reevaluate() -> None:
    """Ask the canary again."""
    ask_canary_again()
