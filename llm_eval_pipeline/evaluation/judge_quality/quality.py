"""Rows of ``judge_quality``: each judge against people, over all anchors and over each feature's.

What is trusted is a judge with its rubric: one that holds answers against a reference says nothing of how well the same
model judges without one.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.judge_quality.agreement import Agreement, agreement
from llm_eval_pipeline.evaluation.judge_quality.bar import JudgeBar, trust_of
from llm_eval_pipeline.evaluation.judge_quality.confidence import calibration
from llm_eval_pipeline.evaluation.judge_quality.estimate import columns_of
from llm_eval_pipeline.evaluation.judge_quality.repetitions import self_agreement

Row = Mapping[str, Any]


def judge_quality_rows(anchor_scores: Sequence[Row], bar: JudgeBar) -> list[dict[str, Any]]:
    """One row per judge × rubric × feature, and ``all``.

    Args:
        anchor_scores: rows of the table of that name, of one week.
        bar: what makes a judge trusted, and from which score on it accepts.
    """
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in anchor_scores:
        for feature in (ALL, row["feature"]):
            groups.setdefault((row["judge"], row["rubric_version"], feature), []).append(row)
    return [
        {"judge": judge, "rubric_version": version, "feature": feature, **_measured(rows, bar)}
        for (judge, version, feature), rows in sorted(groups.items())
    ]


def scored(rows: Sequence[Row]) -> list[Row]:
    """Those that the judge gave a score."""
    return [row for row in rows if row["quality_score"] is not None]


def agreement_of(rows: Sequence[Row], bar: JudgeBar) -> Agreement:
    """The agreement over scored rows of ``anchor_scores``."""
    return agreement(
        [row["human_score"] for row in rows],
        [row["human_acceptable"] for row in rows],
        [row["quality_score"] for row in rows],
        bar.acceptable_from,
    )


def _measured(rows: Sequence[Row], bar: JudgeBar) -> dict[str, Any]:
    known = scored(rows)
    found = agreement_of(known, bar)
    trust = trust_of(found, len(rows) - len(known), bar)
    sure = calibration(
        [row["human_score"] for row in known],
        [row["quality_score"] for row in known],
        [math.nan if row["confidence"] is None else row["confidence"] for row in known],
        bar.close_within,
    )
    repeated = self_agreement([row["judgements"] or () for row in rows], bar.acceptable_from)
    accuracy, bias = found.confusion.accuracy, found.mean_bias
    return {
        "bar_version": bar.version,
        "n": len(known),
        "n_unscored": len(rows) - len(known),
        "n_acceptable": found.confusion.positives,
        **columns_of("kappa", found.kappa),
        **columns_of("weighted_kappa", found.weighted_kappa),
        **columns_of("tpr", found.confusion.true_positive_rate),
        **columns_of("tnr", found.confusion.true_negative_rate),
        "accuracy": None if accuracy is None else accuracy.value,
        "spearman": found.spearman,
        "mean_gap": found.mean_gap,
        "mean_bias": None if bias is None else bias.value,
        "mean_confidence": None if sure is None else sure.mean_confidence,
        "close_share": None if sure is None else sure.close_share,
        "calibration_error": None if sure is None else sure.error,
        "repeat_agreement": repeated.agreeing_pairs,
        "repeat_sd": repeated.within_sd,
        "repeat_alpha": repeated.alpha,
        "trusted": trust.trusted,
        "untrusted_reason": trust.reason,
    }
