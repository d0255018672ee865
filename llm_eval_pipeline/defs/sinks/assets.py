"""W&B and MLflow, told of an evaluation. One that is down fails its own step, and catches up when it is run again."""

import dagster as dg

from llm_eval_pipeline.defs.evaluation.assets import (
    aggregate_metrics,
    failure_table,
    judge_scores,
    prediction_table,
    text_scores,
)
from llm_eval_pipeline.defs.partitions import ONE_RUN, WEEKLY
from llm_eval_pipeline.defs.tables import OWNERS, windows
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.sinks.mlflow_sink import MlflowSink
from llm_eval_pipeline.sinks.record import Record, records
from llm_eval_pipeline.sinks.wandb_sink import WandbSink
from llm_eval_pipeline.storage.warehouse import Warehouse

GROUP = "sinks"
_TOLD = [aggregate_metrics, prediction_table, failure_table, judge_scores, text_scores]


@dg.asset(group_name=GROUP, partitions_def=WEEKLY, backfill_policy=ONE_RUN, deps=_TOLD, owners=OWNERS, kinds={"wandb"})
def wandb_runs(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    wandb_sink: dg.ResourceParam[WandbSink | None],
) -> dg.MaterializeResult:
    """One W&B run per week and model: configuration, metrics, prediction and failure tables."""
    return _tell(context, warehouse, wandb_sink, "LLM_EVAL_WANDB")


@dg.asset(group_name=GROUP, partitions_def=WEEKLY, backfill_policy=ONE_RUN, deps=_TOLD, owners=OWNERS, kinds={"mlflow"})
def mlflow_runs(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    mlflow_sink: dg.ResourceParam[MlflowSink | None],
) -> dg.MaterializeResult:
    """One MLflow run per week and model: configuration, metrics, tables, and MLflow's own evaluation of the answers."""
    return _tell(context, warehouse, mlflow_sink, "LLM_EVAL_MLFLOW")


def _tell(
    context: dg.AssetExecutionContext, warehouse: Warehouse, sink: WandbSink | MlflowSink | None, setting: str
) -> dg.MaterializeResult:
    if sink is None:
        return dg.MaterializeResult(metadata={"status": f"off ({setting}=off)"})
    told = {week: _records(warehouse, week) for week in windows(context)}
    written = sink.tell([record for those in told.values() for record in those])
    for week, those in told.items():
        new = sum(record.run_id in written for record in those)
        context.add_asset_metadata({"runs": len(those), "written": new}, partition_key=week)
    return dg.MaterializeResult()


def _records(warehouse: Warehouse, week: str) -> list[Record]:
    instruments = warehouse.read(schema.JUDGE_SCORES, week, ["judge", "rubric_version"])
    versions = instruments.group_by(["judge", "rubric_version"]).aggregate([]).to_pylist()
    return records(
        week,
        aggregates=warehouse.rows(schema.AGGREGATE_METRICS, week),
        predictions=warehouse.rows(schema.PREDICTION_TABLE, week),
        failures=warehouse.rows(schema.FAILURE_TABLE, week),
        judged_by=[(row["judge"], row["rubric_version"]) for row in versions],
        text_scores=warehouse.rows(schema.TEXT_SCORES, week),
    )
