"""What people said of a call in Weave as one score: reactions that are a yes or a no, and annotations from 0 to 1."""

from __future__ import annotations

from typing import Any

_REACTION = "wandb.reaction."
_ANNOTATION = "wandb.annotation."
_LIKED = {"👍": 1.0, "❤": 1.0, "🎉": 1.0, "✅": 1.0, "💯": 1.0, "👎": 0.0, "❌": 0.0, "😡": 0.0}
_LOOK = "\ufe0f"
"""Says that an emoji is drawn in colour; people's keyboards differ in adding it."""


def feedback_score(found: Any) -> float | None:
    """The mean of what is a yes (1), a no (0), or a number from 0 to 1; notes and scorers' results are no feedback."""
    scores = [score for each in found if (score := _score(each)) is not None] if isinstance(found, list) else []
    return sum(scores) / len(scores) if scores else None


def _score(feedback: Any) -> float | None:
    kind, payload = (feedback.get("feedback_type"), feedback.get("payload")) if isinstance(feedback, dict) else ("", {})
    if not isinstance(kind, str) or not isinstance(payload, dict):
        return None
    if kind.startswith(_REACTION):
        emoji = payload.get("detoned") or payload.get("emoji")
        return _LIKED.get(emoji.rstrip(_LOOK)[:1]) if isinstance(emoji, str) else None
    value = payload.get("value") if kind.startswith(_ANNOTATION) else None
    return float(value) if isinstance(value, bool | int | float) and 0 <= value <= 1 else None
