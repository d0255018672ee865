"""An evaluation: answers, their scores, their aggregates, and the tables that people read."""

from collections.abc import Iterator
from functools import partial
from itertools import islice, repeat

import dagster as dg
import pyarrow.compute as pc

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.datasets.assets import eval_dataset
from llm_eval_pipeline.defs.tables import count, preview, stored_preview, table_asset, windows
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.aggregates import ALL, aggregate_rows, measured_answers
from llm_eval_pipeline.evaluation.answers import Answered, AnswerKey, answered, unzipped
from llm_eval_pipeline.evaluation.bertscore import Embedder
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, NobodyAnsweredError, generate
from llm_eval_pipeline.evaluation.judging import Case, Judge, answer_cases, judge_all, score_rows
from llm_eval_pipeline.evaluation.moderation import ModerationVerdict, Moderator, Shown, moderate_all, shown_in_outputs
from llm_eval_pipeline.evaluation.predictions import failure_rows, prediction_rows
from llm_eval_pipeline.evaluation.quality_shape import readings
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.parts import parts
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import end_of_week

GROUP = "evaluation"


@table_asset(schema.MODEL_OUTPUTS, group=GROUP, deps=[eval_dataset])
def model_outputs(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    models: dg.ResourceParam[ModelsUnderTest],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """Every example answered by every model under test, each call made once and replayed from the ledger after."""
    for week in windows(context):
        examples = partial(warehouse.rows, EVAL_DATASET, week)
        with warehouse.writing(schema.MODEL_OUTPUTS, week) as table:
            for rows in parts(generate(examples, models, asker, occasion=week, due=end_of_week(week))):
                table.add(rows)
        there = warehouse.read(schema.MODEL_OUTPUTS, week, ["error", "replayed", "called_late", "cost_usd"])
        failed = there["error"].drop_null()
        if len(failed) == len(there) > 0:
            raise NobodyAnsweredError(
                f"{week}: none of {len(there)} calls was answered, the first failed with: {failed[0]}"
            )
        if len(failed):
            context.log.warning(f"{week}: {len(failed)} of {len(there)} calls failed, the first with: {failed[0]}")
        context.add_asset_metadata(
            {
                "answers": len(there),
                "replayed": count(there["replayed"]),
                "failed": len(failed),
                "called_late": count(there["called_late"]),
                "cost_usd": float(pc.sum(there["cost_usd"]).as_py() or 0),
                "unpriced": there["cost_usd"].null_count - len(failed),
                "preview": stored_preview(
                    warehouse,
                    schema.MODEL_OUTPUTS,
                    week,
                    ["model", "feature", "output", "latency_ms", "output_tokens", "error"],
                ),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.JUDGE_SCORES, group=GROUP, deps=[eval_dataset, model_outputs])
def judge_scores(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    judge: dg.ResourceParam[Judge],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """The judge's quality score of each answer, or the reason why there is none."""
    for week in windows(context):
        cases = partial(_cases, warehouse, week)
        with warehouse.writing(schema.JUDGE_SCORES, week) as table:
            for scores in parts(judge_all(cases, judge, asker, occasion=week, due=end_of_week(week))):
                table.add(score_rows(scores))
        there = warehouse.read(schema.JUDGE_SCORES, week, ["quality_score", "repaired", "rubric_version"])
        known = there["quality_score"].drop_null()
        context.add_asset_metadata(
            {
                "scored": len(known),
                "unscored": len(there) - len(known),
                "repaired": pc.sum(there["repaired"]).as_py() or 0,
                "quality_mean": pc.mean(known).as_py() if len(known) else float("nan"),
                "judge": judge.model,
                "rubric_versions": ", ".join(sorted(pc.unique(there["rubric_version"]).to_pylist())),
                "preview": stored_preview(
                    warehouse,
                    schema.JUDGE_SCORES,
                    week,
                    ["example_id", "model", "quality_score", "rationale", "unscored_reason"],
                ),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


def _answers(warehouse: Warehouse, week: str) -> Iterator[Answered]:
    return answered(warehouse.rows(EVAL_DATASET, week), warehouse.rows(schema.MODEL_OUTPUTS, week))


def _cases(warehouse: Warehouse, week: str) -> Iterator[tuple[AnswerKey, Case, str]]:
    return answer_cases(_answers(warehouse, week))


def _shown(warehouse: Warehouse, week: str) -> Iterator[Shown]:
    return shown_in_outputs(_answers(warehouse, week))


_SAFETY_COUNTED = ["is_safe", "refusal_correct", "moderator", "moderation_flagged"]


@table_asset(schema.SAFETY_SCORES, group=GROUP, deps=[eval_dataset, model_outputs])
def safety_scores(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    warehouse: dg.ResourceParam[Warehouse],
    moderator: dg.ResourceParam[Moderator | None],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """Toxicity, policy violations, refusals and personal data of each answer; a moderator's verdict, if one is set."""
    from llm_eval_pipeline.evaluation.policies import load_policy
    from llm_eval_pipeline.evaluation.safety_scores import safety_score_rows

    policy = load_policy(settings.safety_policy)
    for week in windows(context):
        verdicts: Iterator[ModerationVerdict | None] = repeat(None)
        if moderator is not None:
            shown = partial(_shown, warehouse, week)
            verdicts = moderate_all(shown, moderator, asker, occasion=week, due=end_of_week(week))
        with warehouse.writing(schema.SAFETY_SCORES, week) as table:
            for some in parts(_answers(warehouse, week)):
                moderated = list(islice(verdicts, len(some)))
                table.add(safety_score_rows(*unzipped(some), policy, moderated=moderated))
        there = warehouse.read(schema.SAFETY_SCORES, week, _SAFETY_COUNTED)
        context.add_asset_metadata(
            {
                "scored": len(there) - there["is_safe"].null_count,
                "violations": count(pc.invert(there["is_safe"])),
                "wrong_refusals": count(pc.invert(there["refusal_correct"])),
                "unmoderated": count(pc.and_(there["moderator"].is_valid(), there["moderation_flagged"].is_null())),
                "policy_version": policy.version,
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.TEXT_SCORES, group=GROUP, deps=[eval_dataset, model_outputs])
def text_scores(
    context: dg.AssetExecutionContext,
    warehouse: dg.ResourceParam[Warehouse],
    embedder: dg.ResourceParam[Embedder | None],
) -> dg.MaterializeResult:
    """What needs no judge: overlap with the reference, readability, format, instructions, grounding."""
    from llm_eval_pipeline.evaluation.text_scores import text_score_rows

    for week in windows(context):
        with warehouse.writing(schema.TEXT_SCORES, week) as table:
            for some in parts(_answers(warehouse, week)):
                table.add(text_score_rows(*unzipped(some), embedder=embedder))
        there = warehouse.read(schema.TEXT_SCORES, week, ["chrf", "follows_format", "grounded"])
        context.add_asset_metadata(
            {
                "answers": len(there),
                "with_reference": len(there) - there["chrf"].null_count,
                "wrong_format": count(pc.invert(there["follows_format"])),
                "ungrounded": count(pc.invert(there["grounded"])),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


_SCORES = (schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES)


@table_asset(
    schema.PREDICTION_TABLE,
    group=GROUP,
    deps=[eval_dataset, model_outputs, judge_scores, safety_scores, text_scores],
)
def prediction_table(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """Each answer beside its prompt, its reference, its scores and the category of what went wrong."""
    for week in windows(context):
        scores = [warehouse.rows(table, week) for table in _SCORES]
        with warehouse.writing(schema.PREDICTION_TABLE, week) as table:
            for rows in parts(prediction_rows(_answers(warehouse, week), *scores)):
                table.add(rows)
        there = warehouse.read(schema.PREDICTION_TABLE, week, ["error_category"])
        context.add_asset_metadata(
            {
                "rows": len(there),
                "failures": count(pc.not_equal(there["error_category"], "none")),
                "preview": stored_preview(
                    warehouse,
                    schema.PREDICTION_TABLE,
                    week,
                    ["model", "prompt", "reference", "generated", "quality_score"],
                ),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.FAILURE_TABLE, group=GROUP, deps=[prediction_table])
def failure_table(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The answers with a quality below 0.5 or that are unsafe."""
    for week in windows(context):
        with warehouse.writing(schema.FAILURE_TABLE, week) as table:
            for rows in parts(warehouse.rows(schema.PREDICTION_TABLE, week)):
                table.add(failure_rows(rows))
        context.add_asset_metadata(
            {
                "failures": table.rows,
                "preview": stored_preview(
                    warehouse,
                    schema.FAILURE_TABLE,
                    week,
                    ["model", "error_category", "prompt", "generated", "evidence"],
                ),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(
    schema.AGGREGATE_METRICS,
    group=GROUP,
    deps=[eval_dataset, model_outputs, judge_scores, safety_scores, text_scores, prediction_table],
)
def aggregate_metrics(
    context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """The week's numbers by model and feature, each with its interval and the count of what could not be scored."""
    for week in windows(context):
        rows = aggregate_rows(measured_answers(warehouse, week))
        warehouse.write(schema.AGGREGATE_METRICS, week, rows)
        shown = [row for row in rows if row["feature"] == ALL and row["metric"] in _HEADLINES]
        context.add_asset_metadata(
            {
                **{f"{row['metric']} {row['model']}": row["value"] for row in shown if row["value"] is not None},
                "metrics": len(rows),
                "two_groups": preview(readings(rows), ["model", "feature", "quality"]),
                "headlines": preview(shown, ["model", "metric", "value", "ci_low", "ci_high", "n", "n_unscored"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


_HEADLINES = (
    "eval/quality_mean",
    "eval/safety_violation_rate",
    "eval/latency_p95",
    "eval/cost_per_1k_requests_usd",
)
