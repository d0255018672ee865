"""One check for every table: the stored columns are the declared ones, also after an upgrade."""

from collections.abc import Iterator

import dagster as dg

from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.datasets.schema import EVAL_DATASET, PROMOTED_EXAMPLES
from llm_eval_pipeline.defs.partitions import windows_of
from llm_eval_pipeline.defs.tables import result_over
from llm_eval_pipeline.drift.schema import DRIFT_BASELINE, DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

TABLES = {
    table.name: table
    for table in (
        *(EVAL_DATASET, PROMOTED_EXAMPLES, PRODUCTION_TRACES, TRACE_PROFILES, COST_SUMMARY),
        *(schema.MODEL_OUTPUTS, schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES),
        *(schema.AGGREGATE_METRICS, schema.PREDICTION_TABLE, schema.FAILURE_TABLE),
        *(schema.PAIRWISE_PREFERENCES, schema.MODEL_COMPARISON, schema.WEEKLY_CHANGES),
        *(schema.ANCHOR_SCORES, schema.TRACE_SCORES),
        *(schema.JUDGE_QUALITY, schema.CORRECTED_METRICS),
        *(DRIFT_BASELINE, WEEKLY_DRIFT_REPORT, DRIFT_INCIDENTS),
    )
}


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec("columns", asset=name, description="Stored columns and types are the declared ones.")
        for name in TABLES
    ],
    can_subset=True,
)
def columns(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.AssetCheckResult]:
    """Each table's stored columns against its declared ones, in one step for all that the run has made."""
    for key in context.selected_asset_check_keys:
        table = TABLES[key.asset_key.to_user_string()]
        stored = windows_of(context, warehouse.partitions(table)) if table.partitioned_by else [None]
        wrong = {
            window or table.name: ", ".join(differing)
            for window in stored
            if (differing := _differing(table, warehouse, window))
        }
        yield result_over(wrong, key=key)


def _differing(table: Table, warehouse: Warehouse, key: str | None) -> list[str]:
    there, declared = warehouse.schema(table, key), table.schema
    names = dict.fromkeys([*declared.names, *there.names])
    return [n for n in names if n not in there.names or n not in declared.names or there.field(n) != declared.field(n)]
