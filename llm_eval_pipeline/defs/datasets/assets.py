"""The evaluation dataset of a week, and what production adds to the next one."""

from collections import Counter

import dagster as dg

from llm_eval_pipeline.datasets.examples import load_examples
from llm_eval_pipeline.datasets.labels import load_label_prompts
from llm_eval_pipeline.datasets.promotion import PromotionRules, promote, with_promoted
from llm_eval_pipeline.datasets.schema import EVAL_DATASET, PROMOTED_EXAMPLES
from llm_eval_pipeline.datasets.weekly import promoted_before, week_dataset
from llm_eval_pipeline.defs.partitions import WEEK_BEFORE
from llm_eval_pipeline.defs.tables import preview, stored_preview, table_asset, windows
from llm_eval_pipeline.evaluation.anchors import load_anchors
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.parts import parts
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

GROUP = "datasets"


@table_asset(PROMOTED_EXAMPLES, group=GROUP, deps=["trace_scores"])
def promoted_examples(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Judged production traces that failed, were disliked or are new: scrubbed, deduplicated, accepted or not, and why.

    What is there already are the curated examples and what earlier weeks promoted.
    """
    curated = load_examples(settings.examples)
    protected = [anchor.prompt for anchor in load_anchors(settings.anchors)]
    protected += load_label_prompts(settings.shipped("labels/judge_labels.jsonl"))
    protected += [example.prompt for example in curated if example.assigned_split == "canary"]
    for week in windows(context):
        earlier = promoted_before(warehouse, week)
        there = [example.prompt for example in with_promoted(curated, earlier)]
        there += [row["prompt"] for row in earlier if row["status"] == "needs_review"]
        rows = promote(
            warehouse.read(TRACE_SCORES, week).to_pylist(),
            there,
            protected,
            PromotionRules(budget=settings.promotion_budget),
        )
        stored = warehouse.write(PROMOTED_EXAMPLES, week, rows)
        counts = {status: sum(row["status"] == status for row in rows) for status in _STATUSES}
        shown = [row for row in rows if row["status"] != "rejected"]
        context.add_asset_metadata(
            {
                "candidates": stored.num_rows,
                **counts,
                "promoted": preview(shown, ["status", "reason", "feature", "error_category", "prompt", "detail"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


_STATUSES = ("accepted", "needs_review", "rejected")


@table_asset(EVAL_DATASET, group=GROUP, deps=[dg.AssetDep(promoted_examples, partition_mapping=WEEK_BEFORE)])
def eval_dataset(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """The examples that a week is evaluated on: what was curated, and what was promoted up to the week before."""
    for week in windows(context):
        dataset = week_dataset(warehouse, settings.examples, week)
        with warehouse.writing(EVAL_DATASET, week) as table:
            for rows in parts(dataset.rows()):
                table.add(rows)
        splits = Counter(example.assigned_split for example in dataset.examples)
        context.add_asset_metadata(
            {
                "examples": len(dataset.examples),
                **{split: splits[split] for split in ("canary", "regression", "fresh")},
                "dataset_version": dataset.version,
                "preview": stored_preview(warehouse, EVAL_DATASET, week, ["feature", "split", "prompt", "reference"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()
