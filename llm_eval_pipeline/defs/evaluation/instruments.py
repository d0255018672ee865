"""The two instruments beside the canary: the anchors, which hold the judge still, and a judged sample of production."""

from typing import Any

import dagster as dg

from llm_eval_pipeline.defs.production.assets import production_traces
from llm_eval_pipeline.defs.tables import preview, table_asset, windows
from llm_eval_pipeline.drift.policy import policy_named
from llm_eval_pipeline.evaluation.anchors import anchor_rows, load_anchors
from llm_eval_pipeline.evaluation.judging import Judge, judge_cases
from llm_eval_pipeline.evaluation.moderation import Moderator, moderate
from llm_eval_pipeline.evaluation.schema import ANCHOR_SCORES, TRACE_SCORES
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, end_of_week

_SHOWN_STRATA = 100


@table_asset(ANCHOR_SCORES, group="evaluation")
def anchor_scores(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    warehouse: dg.ResourceParam[Warehouse],
    judge: dg.ResourceParam[Judge],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """Frozen outputs judged again each week: when these scores move, the judge has moved."""
    anchors = load_anchors(settings.anchors)
    cases = {anchor.anchor_id: (anchor.case(), anchor.feature) for anchor in anchors}
    for week in windows(context):
        rows = anchor_rows(anchors, judge_cases(cases, judge, asker, occasion=week, due=end_of_week(week)))
        warehouse.write(ANCHOR_SCORES, week, rows)
        gaps = [abs(r["quality_score"] - r["human_score"]) for r in rows if r["quality_score"] is not None]
        context.add_asset_metadata(
            {
                "anchors": len(rows),
                "scored": len(gaps),
                "mean_gap_to_people": sum(gaps) / len(gaps) if gaps else float("nan"),
                "preview": preview(rows, ["anchor_id", "feature", "human_score", "quality_score", "rationale"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


@table_asset(TRACE_SCORES, group="production", deps=[production_traces])
def trace_scores(
    context: dg.AssetExecutionContext,
    settings: dg.ResourceParam[Settings],
    warehouse: dg.ResourceParam[Warehouse],
    judge: dg.ResourceParam[Judge],
    moderator: dg.ResourceParam[Moderator | None],
    asker: dg.ResourceParam[Asker],
) -> dg.MaterializeResult:
    """A sample of the week's production traces, judged, checked for safety and held against what was retrieved."""
    from llm_eval_pipeline.evaluation.policies import load_policy
    from llm_eval_pipeline.evaluation.trace_scores import case_of, shown_in, trace_score_rows
    from llm_eval_pipeline.production.sample_size import detectable
    from llm_eval_pipeline.production.sampling import judged_sample
    from llm_eval_pipeline.production.strata import sampled_strata

    policy, compared = load_policy(settings.safety_policy), _compared(settings)
    for week in windows(context):
        there = any(warehouse.exists(PRODUCTION_TRACES, day) for day in days_of(week))
        wanted = _wanted(warehouse, week, settings)
        traces = judged_sample(warehouse, week, settings.judge_sample, wanted=wanted) if there else []
        cases = {trace.trace_id: (case_of(trace), trace.feature or "") for trace in traces}
        scores = judge_cases(cases, judge, asker, occasion=week, due=end_of_week(week))
        moderated = None
        if moderator is not None:
            shown = [shown_in(trace) for trace in traces]
            moderated = moderate(shown, moderator, asker, occasion=week, due=end_of_week(week))
        rows = trace_score_rows(traces, scores, policy, moderated=moderated)
        warehouse.write(TRACE_SCORES, week, rows)
        scored = [row for row in rows if row["quality_score"] is not None]
        drawn = [(row["quality_score"], row["weight"]) for row in scored if row["weight"] is not None]
        weight = sum(weight for _, weight in drawn)
        shows = detectable([score for score, _ in drawn], [each for _, each in drawn], **compared)
        strata = sampled_strata(rows)
        context.add_asset_metadata(
            {
                "judged": len(rows),
                "drawn": sum(stratum["drawn"] for stratum in strata),
                "requests": round(sum(stratum["requests"] for stratum in strata)),
                "strata": len(strata),
                "unscored": len(rows) - len(scored),
                "quality_mean": sum(score * each for score, each in drawn) / weight if drawn else float("nan"),
                "smallest_fall_it_shows": float("nan") if shows is None else shows,
                **({} if wanted is None else {"wanted_of_equal_weight": wanted}),
                "failures": sum(row["error_category"] not in (None, "none") for row in rows),
                "sample": preview(strata, ["model", "feature", "feedback", "requests", "drawn"], rows=_SHOWN_STRATA),
                "preview": preview(rows, ["trace_id", "feature", "model", "quality_score", "error_category"]),
            },
            partition_key=week,
        )
    return dg.MaterializeResult()


def _wanted(warehouse: Warehouse, week: str, settings: Settings) -> int | None:
    """How many judged traces of equal weight show the fall that is to be seen, and are no fewer than drift looks at.

    None where no setting says which fall.
    """
    from llm_eval_pipeline.evaluation.quality_spread import quality_spread
    from llm_eval_pipeline.production.sample_size import needed

    if settings.judge_detects is None:
        return None
    spread = quality_spread(warehouse, week, settings.baseline_weeks, load_anchors(settings.anchors))
    least = policy_named(settings.policy).minimum_rows
    return max(least, needed(settings.judge_detects, spread, **_compared(settings)))


def _compared(settings: Settings) -> dict[str, Any]:
    """With what a week's mean is compared, and at what level."""
    return {"weeks": settings.baseline_weeks, "alpha": policy_named(settings.policy).alpha}
