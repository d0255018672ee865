"""A look ahead: what a week's evaluation would ask and cost, before it does."""

from functools import partial

import dagster as dg

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.datasets.assets import eval_dataset
from llm_eval_pipeline.defs.partitions import ONE_RUN, WEEKLY
from llm_eval_pipeline.defs.tables import OWNERS, preview, windows
from llm_eval_pipeline.evaluation.anchors import load_anchors
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.moderation import Moderator
from llm_eval_pipeline.evaluation.planning import evaluation_plan
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import end_of_week


@dg.asset(
    group_name="evaluation",
    partitions_def=WEEKLY,
    backfill_policy=ONE_RUN,
    deps=[eval_dataset],
    owners=OWNERS,
    kinds={"python"},
)
def call_plan(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    models: dg.ResourceParam[ModelsUnderTest],
    judge: dg.ResourceParam[Judge],
    moderator: dg.ResourceParam[Moderator | None],
    settings: dg.ResourceParam[Settings],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """The calls that model_outputs and judge_scores would make, and their cost at the most. Materialising asks nobody.

    Nothing depends on it: materialise it by itself before an evaluation that costs money.
    """
    anchors = load_anchors(settings.anchors) if settings.anchors.exists() else []
    for week in windows(context):
        examples = partial(warehouse.rows, EVAL_DATASET, week)
        plan = evaluation_plan(
            examples,
            models,
            judge,
            asker,
            anchors=anchors,
            moderator=moderator,
            occasion=week,
            due=end_of_week(week),
        )
        lines = [
            {
                "purpose": line.purpose,
                "model": line.model,
                "in the ledger": line.replayed,
                "to make": line.calls,
                "input tokens": line.input_tokens,
                "output tokens": line.output_tokens,
                "USD at most": "no price" if line.cost_usd is None else float(line.cost_usd),
            }
            for line in plan.lines
        ]
        context.add_asset_metadata(
            {
                "calls_to_make": plan.calls,
                "calls_in_ledger": plan.replayed,
                "cost_usd_at_most": float(plan.cost_usd),
                "unpriced_models": ", ".join(plan.unpriced_models) or "none",
                "budget_usd": "none" if asker.rules.budget_usd is None else float(asker.rules.budget_usd),
                "plan": preview(lines, list(lines[0]) if lines else ["purpose"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()
