"""Dagster's resources: each part of the assembly, built when a run first needs it.

Loading the definitions opens and imports nothing of them. This module holds the one ``@dg.definitions`` function; an
asset that stood here would be dropped.
"""

from collections.abc import Callable, Iterator
from typing import Any

import dagster as dg

from llm_eval_pipeline import assembly
from llm_eval_pipeline.settings import Settings


def mlflow_run(context: dg.InitResourceContext) -> Iterator[Any]:
    """dagster-mlflow's resource, one MLflow run per Dagster run; None when the sink is off. Imported when needed."""
    settings = Settings.load()
    if settings.mlflow == "off":
        yield None
        return
    from dagster_mlflow.resources import MlFlow

    config = {"experiment_name": "llm_eval_pipeline reevaluations", "mlflow_tracking_uri": settings.mlflow_address}
    run = MlFlow(context.replace_config(config))
    yield run
    run.cleanup_on_error()


BUILDERS: dict[str, Callable[[Settings], Any]] = {
    "settings": lambda settings: settings,
    "warehouse": assembly.warehouse,
    "asker": assembly.asker,
    "models": assembly.models,
    "judge": assembly.judge,
    "pairwise_judge": assembly.pairwise_judge,
    "moderator": assembly.moderator,
    "embedder": assembly.embedder,
    "outbox": assembly.outbox,
    "channels": assembly.channels,
    "wandb_sink": assembly.wandb_sink,
    "mlflow_sink": assembly.mlflow_sink,
}


def _built_by(build: Callable[[Settings], Any]) -> dg.ResourceDefinition:
    return dg.ResourceDefinition(lambda _context: build(Settings.load()), description=build.__doc__)


@dg.definitions
def resources() -> dg.Definitions:
    """Every resource, and the executor."""
    settings = Settings.load()
    executor = dg.in_process_executor if settings.executor == "in_process" else dg.multiprocess_executor
    return dg.Definitions(
        resources={
            **{name: _built_by(build) for name, build in BUILDERS.items()},
            "mlflow": dg.ResourceDefinition(mlflow_run, description=mlflow_run.__doc__),
        },
        executor=executor,
    )
