"""What a week cost."""

import dagster as dg

from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.costs.summary import cost_rows
from llm_eval_pipeline.defs.evaluation.assets import judge_scores, model_outputs
from llm_eval_pipeline.defs.evaluation.instruments import anchor_scores, trace_scores
from llm_eval_pipeline.defs.production.assets import trace_profiles
from llm_eval_pipeline.defs.tables import preview, table_asset, windows
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import REEVALUATION
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import end_of_week, parse_week, start_of


@table_asset(
    COST_SUMMARY, group="costs", deps=[trace_profiles, model_outputs, judge_scores, anchor_scores, trace_scores]
)
def cost_summary(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse], asker: dg.ResourceParam[Asker]
) -> dg.MaterializeResult:
    """Tokens and USD by day, model, feature and purpose: the application's own, and what evaluating the week cost."""
    from llm_eval_pipeline.production.spend import week_spend

    for week in windows(context):
        reevaluations = REEVALUATION, start_of(parse_week(week)), end_of_week(week)
        rows = cost_rows(week_spend(warehouse, week), asker.ledger.spending([week], also=reevaluations))
        warehouse.write(COST_SUMMARY, week, rows)
        context.add_asset_metadata(
            {
                **_totals(rows),
                "calls": sum(row["calls"] for row in rows),
                "unpriced_calls": sum(row["unpriced_calls"] for row in rows),
                "preview": preview(rows, ["day", "model", "feature", "purpose", "calls", "cost_usd"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


def _totals(rows: list[dict]) -> dict[str, float]:
    """USD by purpose; a purpose of which no call has a price is left out, for its cost is unknown."""
    priced = {
        purpose: [row["cost_usd"] for row in rows if row["purpose"] == purpose and row["cost_usd"] is not None]
        for purpose in ("application", "generation", "judge")
    }
    return {f"{purpose}_usd": float(sum(costs)) for purpose, costs in priced.items() if costs}
