"""Can the judge be trusted, and what would people have said: the judge against the anchors' labels, week by week."""

import dagster as dg

from llm_eval_pipeline.defs.evaluation.assets import GROUP, judge_scores
from llm_eval_pipeline.defs.evaluation.instruments import anchor_scores
from llm_eval_pipeline.defs.partitions import windows_of
from llm_eval_pipeline.defs.tables import picture, preview, result_over, table_asset, windows
from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.corrected import corrected_rows
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.schema import ANCHOR_SCORES, CORRECTED_METRICS, JUDGE_QUALITY, JUDGE_SCORES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import iso_week

_MEASURES = ("kappa", "tpr", "tnr", "mean_gap", "repeat_agreement", "repeat_sd", "repeat_alpha")
_SHOWN = [
    "judge",
    "rubric_version",
    "feature",
    "n",
    "kappa",
    "kappa_low",
    "kappa_high",
    "tpr",
    "tnr",
    "spearman",
    "repeat_agreement",
    "trusted",
]
_SCORE = ["example_id", "model", "judge", "rubric_version", "quality_score"]
_CORRECTED = [
    *("model", "judge", "rubric_version"),
    *("acceptable_judged", "acceptable_corrected", "acceptable_corrected_low", "acceptable_corrected_high"),
    *("quality_judged", "quality_corrected", "quality_corrected_low", "quality_corrected_high", "uncorrected_reason"),
]


@table_asset(JUDGE_QUALITY, group=GROUP, deps=[anchor_scores])
def judge_quality(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """How far the judge agrees with people on the anchors, and whether its scores may be trusted."""
    from llm_eval_pipeline.dashboards.charts import judge_against_people, svg
    from llm_eval_pipeline.dashboards.frames import judge_frame

    bar = load_judge_bar(settings.judge_bar)
    for week in windows(context):
        anchors = warehouse.read(ANCHOR_SCORES, week).to_pylist()
        rows = judge_quality_rows(anchors, bar)
        warehouse.write(JUDGE_QUALITY, week, rows)
        whole = max((row for row in rows if row["feature"] == ALL), key=lambda row: row["n"], default={})
        points, title = judge_frame(anchors), f"The judge against people in {iso_week(week)}"
        is_drawn = len(points) and week == max(context.partition_keys)  # a backfill draws its newest week
        context.add_asset_metadata(
            {
                **{name: whole[name] for name in _MEASURES if whole.get(name) is not None},
                "labels": whole.get("n", 0),
                "trusted": str(whole.get("trusted")),
                "bar_version": bar.version,
                **({"plot": picture(svg(judge_against_people(points, title=title)), title)} if is_drawn else {}),
                "preview": preview(rows, _SHOWN),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(CORRECTED_METRICS, group=GROUP, deps=[judge_scores, anchor_scores, judge_quality])
def corrected_metrics(
    context: dg.AssetExecutionContext, settings: dg.ResourceParam[Settings], warehouse: dg.ResourceParam[Warehouse]
) -> dg.MaterializeResult:
    """Each model's acceptable rate and mean quality as people would have judged, with intervals."""
    bar = load_judge_bar(settings.judge_bar)
    for week in windows(context):
        scores = warehouse.read(JUDGE_SCORES, week, _SCORE).to_pylist()
        anchors, quality = (warehouse.read(table, week).to_pylist() for table in (ANCHOR_SCORES, JUDGE_QUALITY))
        rows = corrected_rows(scores, anchors, quality, bar)
        warehouse.write(CORRECTED_METRICS, week, rows)
        known = [row for row in rows if row["quality_corrected"] is not None]
        context.add_asset_metadata(
            {
                **{f"quality_corrected {row['model']}": row["quality_corrected"] for row in known},
                **{f"quality_judged {row['model']}": row["quality_judged"] for row in known},
                "corrected": len(known),
                "uncorrected": len(rows) - len(known),
                "preview": preview(rows, _CORRECTED),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@dg.asset_check(
    asset=judge_quality, description="The judge reaches its bar over all labels, and is below it in no feature."
)
def judge_is_trusted(
    context: dg.AssetCheckExecutionContext, warehouse: dg.ResourceParam[Warehouse]
) -> dg.AssetCheckResult:
    """A judge that people disagree with scores nothing, however steady it is."""
    wrong = {}
    for week in windows_of(context, warehouse.partitions(JUDGE_QUALITY)):
        rows = warehouse.read(JUDGE_QUALITY, week).to_pylist()
        doubted = [row for row in rows if row["trusted"] is False] or [
            row for row in rows if row["feature"] == ALL and not any(one["trusted"] for one in rows)
        ]
        said = [f"{r['judge']}, {r['rubric_version']}, {r['feature']}: {r['untrusted_reason']}" for r in doubted]
        if said or not rows:
            wrong[week] = "; ".join(said) or "no anchor was judged, so nothing is known of the judge"
    return result_over(wrong)
