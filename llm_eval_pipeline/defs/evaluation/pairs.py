"""Two models' answers side by side before the judge, in both orders: on demand, since it costs as much as judging."""

from collections.abc import Iterator
from functools import partial

import dagster as dg

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.evaluation.assets import GROUP, judge_scores, model_outputs
from llm_eval_pipeline.defs.tables import stored_preview, table_asset, windows
from llm_eval_pipeline.evaluation.answers import Answered, answered, beside_scores
from llm_eval_pipeline.evaluation.pairwise import PairwiseJudge
from llm_eval_pipeline.evaluation.pairwise_summary import PairwiseSummary, summarise_pairs
from llm_eval_pipeline.evaluation.preferences import Matched, judged_preferences, matched, scored_preferences, verdicts
from llm_eval_pipeline.evaluation.schema import JUDGE_SCORES, MODEL_OUTPUTS, PAIRWISE_PREFERENCES
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import end_of_week


@table_asset(PAIRWISE_PREFERENCES, group=GROUP, deps=[model_outputs, judge_scores])
def pairwise_preferences(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    warehouse: dg.ResourceParam[Warehouse],
    pairwise_judge: dg.ResourceParam[PairwiseJudge | None],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """Which answer is better, every other model's or the first one's: both shown to the judge, in both orders.

    No job asks for it; materialise it by itself. The local judge sees one answer at a time: its scores are compared.
    """
    base = settings.models[0]
    for week in windows(context):

        def examples(week: str = week) -> Iterator[Matched]:
            return matched(_answers(warehouse, week))

        if pairwise_judge is None:
            preferences = scored_preferences(examples(), base)
        else:
            preferences = judged_preferences(
                examples, base, pairwise_judge, asker, occasion=week, due=end_of_week(week)
            )
        with warehouse.writing(PAIRWISE_PREFERENCES, week) as table:
            for rows in preferences:
                table.add(rows)
        by_model = verdicts(warehouse.rows(PAIRWISE_PREFERENCES, week))
        found = {other: summarise_pairs(those) for other, those in by_model.items()}
        context.add_asset_metadata(
            {
                "pairs": sum(one.n for one in found.values()),
                "unscored": sum(one.n_unscored for one in found.values()),
                **{f"{name} {other}": value for other, one in found.items() for name, value in _shown(one).items()},
                "base": base,
                "preview": stored_preview(
                    warehouse,
                    PAIRWISE_PREFERENCES,
                    week,
                    ["example_id", "model_other", "feature", "preferred", "position_bias", "rationale"],
                ),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


def _shown(found: PairwiseSummary) -> dict[str, float]:
    """What one other model's pairs say; pooled over models it would be nobody's."""
    rates = {"win_rate": found.win_rate, "position_consistency": found.position_consistency}
    return {
        "wins": found.wins,
        "losses": found.losses,
        "ties": found.ties,
        "unscored": found.n_unscored,
        **{name: estimate.value for name, estimate in rates.items() if estimate is not None},
    }


def _answers(warehouse: Warehouse, week: str) -> Iterator[Answered]:
    """Answers with the columns of their scores."""
    read = partial(warehouse.rows, partition=week)
    return beside_scores(answered(read(EVAL_DATASET), read(MODEL_OUTPUTS)), read(JUDGE_SCORES))
