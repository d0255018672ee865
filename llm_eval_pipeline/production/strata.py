"""Strata of requests: one for each model, feature and kind of feedback, and what a sample holds of each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

DISLIKED = 0.5
"""Feedback below this means that the user disliked the answer."""


def feedback_kind(score: float | None) -> Literal["liked", "disliked", "none"]:
    """What a user's score says."""
    if score is None:
        return "none"
    return "disliked" if score < DISLIKED else "liked"


def sampled_strata(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What is drawn of each stratum and how many requests that stands for, the largest first.

    Args:
        rows: of ``trace_scores``; those without a weight are left out.
    """
    strata: dict[tuple[str, ...], dict[str, Any]] = {}
    for row in rows:
        if row["weight"] is None:
            continue
        parts = {"model": row["model"], "feature": row["feature"], "feedback": feedback_kind(row["feedback_score"])}
        stratum = strata.setdefault(tuple(parts.values()), parts | {"drawn": 0, "requests": 0.0})
        stratum["drawn"] += 1
        stratum["requests"] += row["weight"]
    return sorted(strata.values(), key=lambda one: (-one["requests"], one["model"], one["feature"], one["feedback"]))
