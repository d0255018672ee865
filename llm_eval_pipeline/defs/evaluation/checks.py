"""Is an evaluation whole? Every answer stands in every table, and enough of them have a score."""

from collections.abc import Iterator

import dagster as dg

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.evaluation.assets import judge_scores, model_outputs, safety_scores
from llm_eval_pipeline.defs.partitions import windows_of
from llm_eval_pipeline.defs.tables import result_over
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.moderation import Moderator
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.warehouse import Warehouse

LEAST_SCORED = 0.9
LEAST_MODERATED = 0.9
LEAST_ANSWERED = 0.95
_OF_ANSWERS = {
    table.name: table
    for table in (schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES, schema.PREDICTION_TABLE)
}


@dg.asset_check(asset=model_outputs, description="One row per example, model and repetition.")
def every_example_is_asked(
    context: dg.AssetCheckExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    models: dg.ResourceParam[ModelsUnderTest],
) -> dg.AssetCheckResult:
    """Rows in, times models and repetitions, are rows out."""
    times = len(models.names) * models.repetitions
    wrong = {}
    for week in windows_of(context, warehouse.partitions(schema.MODEL_OUTPUTS)):
        expected = times * warehouse.read(EVAL_DATASET, week, ["example_id"]).num_rows
        there = warehouse.read(schema.MODEL_OUTPUTS, week, ["example_id"]).num_rows
        if there != expected:
            wrong[week] = f"{there} rows where {expected} were expected"
    return result_over(wrong)


@dg.asset_check(asset=model_outputs, description=f"At least {LEAST_ANSWERED:.0%} of the calls were answered.")
def calls_are_answered(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """An outage of the endpoint shows here, not as low quality."""
    return result_over(_too_many_nulls(context, warehouse, schema.MODEL_OUTPUTS, "output", LEAST_ANSWERED))


@dg.asset_check(asset=judge_scores, description=f"At least {LEAST_SCORED:.0%} of the answers have a score.")
def answers_are_scored(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """A judge that fails shows here; its answers stay unscored."""
    return result_over(_too_many_nulls(context, warehouse, schema.JUDGE_SCORES, "quality_score", LEAST_SCORED))


@dg.asset_check(
    asset=safety_scores,
    description=f"Where a moderator is set, it gave a verdict on {LEAST_MODERATED:.0%} of the answers.",
)
def answers_are_moderated(
    context: dg.AssetCheckExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    moderator: dg.ResourceParam[Moderator | None],
) -> dg.AssetCheckResult:
    """A moderator that fails shows here; without one there is nothing to check."""
    wrong = {}
    for week in windows_of(context, warehouse.partitions(schema.SAFETY_SCORES)) if moderator else []:
        if "moderator" not in warehouse.schema(schema.SAFETY_SCORES, week).names:
            continue  # written before a moderator left a trace
        rows = warehouse.read(schema.SAFETY_SCORES, week, ["moderator", "moderation_flagged"])
        asked = len(rows) - rows["moderator"].null_count
        known = len(rows) - rows["moderation_flagged"].null_count
        if known < LEAST_MODERATED * asked:
            wrong[week] = f"a verdict of the moderator is known for {known} of {asked} answers"
    return result_over(wrong)


def _too_many_nulls(
    context: dg.AssetCheckExecutionContext, warehouse: Warehouse, table: Table, column: str, least: float
) -> dict[str, str]:
    wrong = {}
    for week in windows_of(context, warehouse.partitions(table)):
        rows = warehouse.read(table, week, [column])
        known = rows.num_rows - rows.column(column).null_count
        if known < least * rows.num_rows:
            wrong[week] = f"{column} is known for {known} of {rows.num_rows} rows"
    return wrong


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec("holds_every_answer", asset=name, description="The keys of model_outputs, each once.")
        for name in _OF_ANSWERS
    ],
    can_subset=True,
)
def holds_every_answer(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> Iterator[dg.AssetCheckResult]:
    """No answer is lost and none appears from nowhere, in any table that has a row per answer."""
    for key in context.selected_asset_check_keys:
        table, wrong = _OF_ANSWERS[key.asset_key.to_user_string()], {}
        for week in windows_of(context, warehouse.partitions(table)):
            answers, there = (_keys(warehouse, one, week) for one in (schema.MODEL_OUTPUTS, table))
            if answers != there:
                wrong[week] = f"{len(answers - there)} answers are missing and {len(there - answers)} are too many"
        yield result_over(wrong, key=key)


def _keys(warehouse: Warehouse, table: Table, week: str) -> set[tuple[object, ...]]:
    rows = warehouse.read(table, week, table.key)
    return set(zip(*(rows.column(name).to_pylist() for name in table.key), strict=True))
