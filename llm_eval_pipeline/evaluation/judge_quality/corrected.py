"""Rows of ``corrected_metrics``: what a model's numbers would be, had people judged its answers.

The labelled cases are the anchors, and people chose those: they are no random sample of the week's answers. So the
corrections are the two that ask the least of them. The acceptable rate assumes that the judge stops the same share of
good answers, and lets the same share of bad ones pass, as on the anchors (however many of either there are). The mean
quality takes the judge's word at full weight (lambda = 1), and assumes that its mean error is the same as on the
anchors; the tuned weight is narrower, and would draw every model's mean towards the anchors' own. How far the two sets
differ shows in ``anchor_quality_judged`` beside ``quality_judged``: the further apart, the less the assumptions hold.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.intervals import Interval, mean_interval, wilson
from llm_eval_pipeline.evaluation.judge_quality.bar import JudgeBar
from llm_eval_pipeline.evaluation.judge_quality.estimate import columns_of
from llm_eval_pipeline.evaluation.judge_quality.prediction_powered import powered_mean
from llm_eval_pipeline.evaluation.judge_quality.quality import Row, agreement_of, scored
from llm_eval_pipeline.evaluation.judge_quality.rogan_gladen import rogan_gladen

FULL_WEIGHT = 1.0


def corrected_rows(
    judge_scores: Sequence[Row], anchor_scores: Sequence[Row], judge_quality: Sequence[Row], bar: JudgeBar
) -> list[dict[str, Any]]:
    """One row per model × judge × rubric, over all features.

    Args:
        judge_scores: rows of the table of that name, of one week.
        anchor_scores: of the same week.
        judge_quality: of the same week; a judge that it does not trust over all features corrects nothing.
        bar: from which score on a judge accepts.

    Returns:
        Rows whose corrected columns are null, with ``uncorrected_reason``, where the judge is not trusted or nothing
        is known of it with this rubric. Repetitions of one example count as one case, with their mean.
    """
    whole = {_instrument(row): row for row in judge_quality if row["feature"] == ALL}
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in judge_scores:
        groups.setdefault((row["model"], *_instrument(row)), []).append(row)
    rows = []
    for (model, judge, version), answers in sorted(groups.items()):
        anchors = scored([row for row in anchor_scores if _instrument(row) == (judge, version)])
        reason = _why_not(whole.get((judge, version)), judge, version)
        rows.append(
            {
                "model": model,
                "feature": ALL,
                "judge": judge,
                "rubric_version": version,
                **_as_judged(answers, anchors, bar),
                **_corrected(answers, anchors, bar, reason),
            }
        )
    return rows


def _instrument(row: Row) -> tuple[str, str]:
    return row["judge"], row["rubric_version"]


def _why_not(quality: Row | None, judge: str, version: str) -> str | None:
    if quality is None:
        return f"no anchor was judged by {judge} with {version}"
    if quality["trusted"] is None:
        return f"the judge is not known well enough: {quality['untrusted_reason']}"
    return None if quality["trusted"] else f"the judge is not trusted: {quality['untrusted_reason']}"


def _as_judged(answers: Sequence[Row], anchors: Sequence[Row], bar: JudgeBar) -> dict[str, Any]:
    quality, accepted = _by_example(answers, bar)
    return {
        "bar_version": bar.version,
        "n": len(quality),
        "n_unscored": len({row["example_id"] for row in answers}) - len(quality),
        "n_anchors": len(anchors),
        "anchor_quality_judged": float(np.mean([r["quality_score"] for r in anchors])) if anchors else None,
        **_mean("acceptable_judged", accepted, wilson(float(accepted.sum()), len(accepted))),
        **_mean("quality_judged", quality, mean_interval(quality)),
    }


def _corrected(answers: Sequence[Row], anchors: Sequence[Row], bar: JudgeBar, reason: str | None) -> dict[str, Any]:
    share = mean = None
    quality, accepted = _by_example(answers, bar)
    if reason is None:
        share = rogan_gladen(float(accepted.sum()), len(accepted), agreement_of(anchors, bar).confusion)
        human, judge = ([row[name] for row in anchors] for name in ("human_score", "quality_score"))
        powered = powered_mean(human, judge, quality, weight=FULL_WEIGHT)
        mean = None if powered is None else powered.mean.clipped(0.0, 1.0)
        if share is None and len(quality):
            reason = "the judge tells good answers from bad ones no better than a coin"
        elif mean is None:
            reason = f"{len(quality)} scored answers are too few"
    return {
        **columns_of("acceptable_corrected", share),
        **columns_of("quality_corrected", mean),
        "uncorrected_reason": reason,
    }


def _by_example(answers: Sequence[Row], bar: JudgeBar) -> tuple[np.ndarray, np.ndarray]:
    """By example that has a score: the mean score of its repetitions, and the share of them that is acceptable."""
    scores: dict[str, list[float]] = {}
    for row in scored(answers):
        scores.setdefault(row["example_id"], []).append(row["quality_score"])
    each = [np.array(repeated) for repeated in scores.values()]
    quality = np.array([one.mean() for one in each])
    return quality, np.array([(one >= bar.acceptable_from).mean() for one in each])


def _mean(name: str, values: np.ndarray, interval: Interval) -> dict[str, float | None]:
    low, high = interval or (None, None)
    return {name: float(values.mean()) if len(values) else None, f"{name}_low": low, f"{name}_high": high}
