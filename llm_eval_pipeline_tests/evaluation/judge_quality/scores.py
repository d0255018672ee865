"""Rows as the judged tables have them, for the tests of this folder."""

from __future__ import annotations

from typing import Any


def anchor(number: int, human: float, score: float | None, **others: Any) -> dict[str, Any]:
    """A row of ``anchor_scores``."""
    return {
        "anchor_id": f"a{number:03}",
        "feature": "f",
        "human_score": human,
        "human_acceptable": human >= 0.7,
        "quality_score": score,
        "unscored_reason": None if score is not None else "no score",
        "judge": "j",
        "rubric_version": "r1",
        "rationale": None,
        "confidence": None,
        "judgements": (),
    } | others


def anchors(good: int, accepted: int, bad: int, rejected: int, **others: Any) -> list[dict[str, Any]]:
    """People give 1 or 0, the judge 0.95 or 0.05: so many good ones, of them accepted; so many bad ones, rejected."""
    pairs = [(1.0, 0.95 if i < accepted else 0.05) for i in range(good)]
    pairs += [(0.0, 0.05 if i < rejected else 0.95) for i in range(bad)]
    return [anchor(i, human, judge, **others) for i, (human, judge) in enumerate(pairs)]


def answers(*scores: float | None, model: str = "m", judge: str = "j", repetition: int = 0) -> list[dict[str, Any]]:
    """Rows of ``judge_scores``, one example each."""
    return [
        {
            "example_id": f"e{number:03}",
            "model": model,
            "repetition": repetition,
            "quality_score": score,
            "judge": judge,
            "rubric_version": "r1",
        }
        for number, score in enumerate(scores)
    ]
