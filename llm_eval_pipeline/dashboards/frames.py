"""Frames for the charts: from rows of the warehouse's tables to a few columns, week by week."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from llm_eval_pipeline.drift.verdict import BASELINE_WINDOW
from llm_eval_pipeline.evaluation.failures import judged
from llm_eval_pipeline.evaluation.intervals import mean_interval
from llm_eval_pipeline.windows import iso_week

Row = Mapping[str, Any]


def aggregate_frame(rows: Iterable[Row], metric: str, feature: str = "all") -> pd.DataFrame:
    """One aggregate over weeks: columns ``week``, ``model``, ``value``, ``ci_low``, ``ci_high``.

    Args:
        rows: rows of ``aggregate_metrics`` with their ``week``.
        metric: its name, such as ``eval/quality_mean``.
        feature: one feature, or ``all``.
    """
    columns = ["week", "model", "value", "ci_low", "ci_high"]
    chosen = [
        {**{column: row[column] for column in columns[1:]}, "week": iso_week(row["week"])}
        for row in rows
        if row["metric"] == metric and row["feature"] == feature and row["value"] is not None
    ]
    return pd.DataFrame(chosen, columns=columns)


def judge_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Scored rows of ``anchor_scores``, for :func:`~llm_eval_pipeline.dashboards.charts.judge_against_people`."""
    columns = ["human_score", "quality_score", "feature"]
    points = [tuple(row[column] for column in columns) for row in rows if row["quality_score"] is not None]
    return pd.DataFrame([(*point, n) for point, n in Counter(points).items()], columns=[*columns, "cases"])


def verdict_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Verdicts of the whole population over weeks, for :func:`~llm_eval_pipeline.dashboards.charts.verdict_map`."""
    columns = ["week", "metric", "shown", "attribution", "effect", "p_adjusted"]
    chosen = [
        {
            "week": iso_week(row["window"]),
            "metric": f"{row['instrument']} · {row['metric']}",
            "shown": _shown(row),
            "attribution": row["attribution"] or "",
            "effect": row["effect"],
            "p_adjusted": row["p_adjusted"],
        }
        for row in rows
        if row["slice"] == "all"
    ]
    return pd.DataFrame(chosen, columns=columns)


def effect_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Effects as multiples of their floors, for :func:`~llm_eval_pipeline.dashboards.charts.effects`."""
    chosen = [
        {
            "metric": f"{row['instrument']} · {row['metric']}",
            "instrument": row["instrument"],
            "ratio": row["effect"] / row["effect_floor"],
            "shown": _shown(row),
        }
        for row in rows
        if row["effect"] is not None and row["effect_floor"]
    ]
    return pd.DataFrame(chosen, columns=["metric", "instrument", "ratio", "shown"])


def production_quality_frame(rows: Iterable[Row]) -> pd.DataFrame:
    """Mean judged quality of production by week and model, each trace by its weight: ``week``, ``model``, ``value``."""
    frame = pd.DataFrame(
        [
            {
                "week": iso_week(row["week"]),
                "model": row["model"] or "unknown",
                "weight": row["weight"],
                "weighted": row["weight"] * row["quality_score"],
            }
            for row in rows
            if row["quality_score"] is not None and row["weight"] is not None
        ],
        columns=["week", "model", "weight", "weighted"],
    )
    summed = frame.groupby(["week", "model"], as_index=False)[["weight", "weighted"]].sum()
    return summed.assign(value=summed["weighted"] / summed["weight"])


def canary_frame(predictions: Iterable[Row]) -> pd.DataFrame:
    """Mean quality of the canary by week and model: ``week``, ``model``, ``value``, ``ci_low``, ``ci_high``, ``n``.

    The canary alone, because the rest of the dataset grows by what failed in production: its mean falls by itself.
    """
    scores: dict[tuple[str, str], list[float]] = {}
    for row in predictions:
        if row["split"] == "canary" and row["quality_score"] is not None:
            scores.setdefault((row["week"], row["model"]), []).append(row["quality_score"])
    rows = []
    for (week, model), values in sorted(scores.items()):
        low, high = mean_interval(np.array(values)) or (None, None)
        mean = sum(values) / len(values)
        rows.append((iso_week(week), model, mean, low, high, len(values)))
    return pd.DataFrame(rows, columns=["week", "model", "value", "ci_low", "ci_high", "n"])


def failure_frame(predictions: Iterable[Row]) -> pd.DataFrame:
    """The canary's failures by week and category, as shares of judged answers: ``week``, ``category``, ``share``."""
    answers: dict[str, int] = {}
    failures: dict[tuple[str, str], int] = {}
    for row in predictions:
        if row["split"] == "canary" and judged(row):
            answers[row["week"]] = answers.get(row["week"], 0) + 1
            if row["error_category"] != "none":
                key = row["week"], row["error_category"]
                failures[key] = failures.get(key, 0) + 1
    rows = [(iso_week(week), name, count / answers[week]) for (week, name), count in sorted(failures.items())]
    return pd.DataFrame(rows, columns=["week", "category", "share"])


def cost_frame(rows: Iterable[Row], purposes: Sequence[str], series: str) -> pd.DataFrame:
    """USD and calls by week and feature or purpose: columns ``week``, ``series``, ``value``, ``calls``, ``per_1k``.

    What has no price is not counted, neither as money nor as calls.
    """
    frame = pd.DataFrame(
        [
            {
                "week": iso_week(row["week"]),
                "series": row[series],
                "value": float(row["cost_usd"]),
                "calls": row["calls"] - row["unpriced_calls"] - row["unmetered_calls"],
            }
            for row in rows
            if row["purpose"] in purposes and row["cost_usd"] is not None
        ],
        columns=["week", "series", "value", "calls"],
    )
    summed = frame.groupby(["week", "series"], as_index=False)[["value", "calls"]].sum()
    return summed.assign(per_1k=1000 * summed["value"] / summed["calls"])


def _shown(row: Row) -> str:
    if row["reason"] == BASELINE_WINDOW:
        return "baseline"
    return row["direction"] or "changed" if row["verdict"] == "drifted" else str(row["verdict"])
