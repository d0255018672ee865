"""What is better and what changed: models against each other, and each answer against the week before."""

import dagster as dg

from llm_eval_pipeline.defs.evaluation.assets import GROUP, judge_scores, model_outputs, prediction_table, safety_scores
from llm_eval_pipeline.defs.partitions import WEEK_AND_THE_ONE_BEFORE
from llm_eval_pipeline.defs.tables import preview, table_asset, windows
from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.schema import MODEL_COMPARISON, PREDICTION_TABLE, WEEKLY_CHANGES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import week_before

_SHOWN_COMPARED = [
    *("model_base", "model_other", "feature", "n_scored", "quality_difference", "quality_difference_low"),
    *("quality_difference_high", "quality_p_value", "win_rate", "pass_p_value", "latency_ms_difference"),
    "cost_per_1k_difference_usd",
]
_SHOWN_CHANGED = [
    *("model", "feature", "prompt", "generated_before", "generated_after", "quality_before", "quality_after"),
    *("category_after", "rationale"),
]
_READ = 8


@table_asset(MODEL_COMPARISON, group=GROUP, deps=[model_outputs, judge_scores, safety_scores])
def model_comparison(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Each pair of models on the same examples: quality, wins, passes, latency and cost, with what is chance."""
    from llm_eval_pipeline.evaluation.comparison import compared_answers, comparison_rows
    from llm_eval_pipeline.evaluation.tie_margin import TIE_MARGIN

    for week in windows(context):
        rows = comparison_rows(compared_answers(warehouse, week), first=settings.models)
        warehouse.write(MODEL_COMPARISON, week, rows)
        whole = [row for row in rows if row["feature"] == ALL]
        differences = {
            f"quality {row['model_other']} less {row['model_base']}": row["quality_difference"]
            for row in whole
            if row["quality_difference"] is not None
        }
        context.add_asset_metadata(
            {
                "pairs": len(whole),
                **differences,
                "tie_margin": TIE_MARGIN,
                "preview": preview(sorted(rows, key=lambda row: row["feature"] != ALL), _SHOWN_COMPARED),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(
    WEEKLY_CHANGES,
    group=GROUP,
    deps=[dg.AssetDep(prediction_table, partition_mapping=WEEK_AND_THE_ONE_BEFORE), judge_scores],
)
def weekly_changes(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Each answer against the week before: what newly fails, what newly passes, and the texts of both."""
    from llm_eval_pipeline.evaluation.changes import NEWLY_FAILING, NEWLY_PASSING, change_rows, counts, worst

    for week in windows(context):
        before = week_before(week)
        compared = warehouse.exists(PREDICTION_TABLE, before)
        rows = warehouse.write(WEEKLY_CHANGES, week, change_rows(warehouse, week, before if compared else None))
        context.add_asset_metadata(
            {
                **counts(rows),
                "compared_with": before if compared else "nothing: the week before has no prediction_table",
                "failing": preview(worst(rows, NEWLY_FAILING, _READ), _SHOWN_CHANGED),
                "passing": preview(worst(rows, NEWLY_PASSING, _READ), _SHOWN_CHANGED),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()
