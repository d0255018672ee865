"""An evaluation: answers, their scores, their aggregates, and the tables that people read."""

import dagster as dg

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.datasets.assets import eval_dataset
from llm_eval_pipeline.defs.tables import preview, table_asset, windows
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.aggregates import ALL, aggregate_rows
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation_calls, output_rows
from llm_eval_pipeline.evaluation.judging import Judge, cases_of_outputs, judge_cases
from llm_eval_pipeline.evaluation.predictions import failure_rows, joined, prediction_rows
from llm_eval_pipeline.ledger.asking import Asker
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
        examples = warehouse.read(EVAL_DATASET, week).to_pylist()
        calls = generation_calls(examples, models, occasion=week, due=end_of_week(week))
        rows = output_rows(examples, calls, asker.ask(list(calls.values()), models.client))
        warehouse.write(schema.MODEL_OUTPUTS, week, rows)
        if failures := [row["error"] for row in rows if row["error"] is not None]:
            context.log.warning(f"{week}: {len(failures)} of {len(rows)} calls failed, the first with: {failures[0]}")
        context.add_asset_metadata(
            {
                "answers": len(rows),
                "replayed": sum(row["replayed"] for row in rows),
                "failed": sum(row["error"] is not None for row in rows),
                "called_late": sum(row["called_late"] for row in rows),
                "cost_usd": float(sum(row["cost_usd"] or 0 for row in rows)),
                "unpriced": sum(row["cost_usd"] is None and row["error"] is None for row in rows),
                "preview": preview(rows, ["model", "feature", "output", "latency_ms", "output_tokens", "error"]),
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
        examples = warehouse.read(EVAL_DATASET, week).to_pylist()
        outputs = warehouse.read(schema.MODEL_OUTPUTS, week).to_pylist()
        scores = judge_cases(cases_of_outputs(examples, outputs), judge, asker, occasion=week, due=end_of_week(week))
        rows = [
            {"example_id": example_id, "model": model, "repetition": repetition, **score.columns()}
            for (example_id, model, repetition), score in scores.items()
        ]
        warehouse.write(schema.JUDGE_SCORES, week, rows)
        known = [row["quality_score"] for row in rows if row["quality_score"] is not None]
        context.add_asset_metadata(
            {
                "scored": len(known),
                "unscored": len(rows) - len(known),
                "quality_mean": sum(known) / len(known) if known else float("nan"),
                "judge": judge.model,
                "rubric_version": judge.rubric.version,
                "preview": preview(rows, ["example_id", "model", "quality_score", "rationale", "unscored_reason"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.SAFETY_SCORES, group=GROUP, deps=[eval_dataset, model_outputs])
def safety_scores(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Toxicity, policy violations and refusals of each answer."""
    from llm_eval_pipeline.evaluation.policies import load_policy
    from llm_eval_pipeline.evaluation.safety_scores import safety_score_rows

    policy = load_policy(settings.safety_policy)
    for week in windows(context):
        examples = warehouse.read(EVAL_DATASET, week).to_pylist()
        rows = safety_score_rows(examples, warehouse.read(schema.MODEL_OUTPUTS, week).to_pylist(), policy)
        warehouse.write(schema.SAFETY_SCORES, week, rows)
        known = [row for row in rows if row.get("is_safe") is not None]
        context.add_asset_metadata(
            {
                "scored": len(known),
                "violations": sum(not row["is_safe"] for row in known),
                "wrong_refusals": sum(row["refusal_correct"] is False for row in known),
                "policy_version": policy.version,
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.TEXT_SCORES, group=GROUP, deps=[eval_dataset, model_outputs])
def text_scores(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """What needs no judge: overlap with the reference, readability, format, instructions, grounding."""
    from llm_eval_pipeline.evaluation.text_scores import text_score_rows

    for week in windows(context):
        examples = warehouse.read(EVAL_DATASET, week).to_pylist()
        rows = text_score_rows(examples, warehouse.read(schema.MODEL_OUTPUTS, week).to_pylist())
        warehouse.write(schema.TEXT_SCORES, week, rows)
        context.add_asset_metadata(
            {
                "answers": len(rows),
                "with_reference": sum(row.get("chrf") is not None for row in rows),
                "wrong_format": sum(row.get("follows_format") is False for row in rows),
                "ungrounded": sum(row.get("grounded") is False for row in rows),
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
        tables = [warehouse.read(t, week).to_pylist() for t in (EVAL_DATASET, schema.MODEL_OUTPUTS, *_SCORES)]
        rows = prediction_rows(*tables)
        warehouse.write(schema.PREDICTION_TABLE, week, rows)
        failed = [row for row in rows if row["error_category"] != "none"]
        context.add_asset_metadata(
            {
                "rows": len(rows),
                "failures": len(failed),
                "preview": preview(rows, ["model", "prompt", "reference", "generated", "quality_score"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(schema.FAILURE_TABLE, group=GROUP, deps=[prediction_table])
def failure_table(context: dg.AssetExecutionContext, warehouse: dg.ResourceParam[Warehouse]) -> dg.MaterializeResult:
    """The answers with a quality below 0.5 or that are unsafe."""
    for week in windows(context):
        rows = failure_rows(warehouse.read(schema.PREDICTION_TABLE, week).to_pylist())
        warehouse.write(schema.FAILURE_TABLE, week, rows)
        context.add_asset_metadata(
            {
                "failures": len(rows),
                "preview": preview(rows, ["model", "error_category", "prompt", "generated", "evidence"]),
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
    tables = (EVAL_DATASET, schema.MODEL_OUTPUTS, *_SCORES, schema.PREDICTION_TABLE)
    for week in windows(context):
        rows = aggregate_rows(list(joined(*(warehouse.read(t, week).to_pylist() for t in tables))))
        warehouse.write(schema.AGGREGATE_METRICS, week, rows)
        shown = [row for row in rows if row["feature"] == ALL and row["metric"] in _HEADLINES]
        context.add_asset_metadata(
            {
                **{f"{row['metric']} {row['model']}": row["value"] for row in shown if row["value"] is not None},
                "metrics": len(rows),
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
