"""One check for every table: the stored columns are the declared ones, also after an upgrade."""

import dagster as dg

from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.datasets.schema import EVAL_DATASET, PROMOTED_EXAMPLES
from llm_eval_pipeline.defs.partitions import weeks_of
from llm_eval_pipeline.defs.tables import result_over
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

TABLES = (
    *(EVAL_DATASET, PROMOTED_EXAMPLES, PRODUCTION_TRACES, TRACE_PROFILES, COST_SUMMARY),
    *(schema.MODEL_OUTPUTS, schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES),
    *(schema.AGGREGATE_METRICS, schema.PREDICTION_TABLE, schema.FAILURE_TABLE),
    *(schema.ANCHOR_SCORES, schema.TRACE_SCORES),
    *(DRIFT_BASELINE, WEEKLY_DRIFT_REPORT, DRIFT_INCIDENTS),
)


def _columns_of(table: Table) -> dg.AssetChecksDefinition:
    @dg.asset_check(asset=table.name, name="columns", description="Stored columns and types are the declared ones.")
    def check(context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.AssetCheckResult:
        stored = weeks_of(context, warehouse.partitions(table)) if table.partitioned_by else [None]
        wrong = {
            key or table.name: ", ".join(differing)
            for key in stored
            if (differing := _differing(table, warehouse, key))
        }
        return result_over(wrong)

    return check


def _differing(table: Table, warehouse: Warehouse, key: str | None) -> list[str]:
    there, declared = warehouse.schema(table, key), table.schema
    names = dict.fromkeys([*declared.names, *there.names])
    return [n for n in names if n not in there.names or n not in declared.names or there.field(n) != declared.field(n)]


column_checks = [_columns_of(table) for table in TABLES]
