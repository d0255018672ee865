"""Which of a tool's scores are what users said, and what they make together.

Judges and reviewers score under names of their own: only names that say that a user gave the score count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from llm_eval_pipeline.production.conventions.application import FEEDBACK
from llm_eval_pipeline.production.spans import BadSpanError

FROM_USERS = frozenset(
    {"user_score", "user_feedback", "user_explicit_feedback", "thumbs_up", "feedback_score", FEEDBACK}
)
"""Names of scores that users give; upper case, ``-`` and spaces are as good as ``_``."""

_BETWEEN = re.compile(r"(?<=[a-z])(?=[A-Z])|[\s-]")


def is_from_user(name: str) -> bool:
    """Whether a score of this name is a user's."""
    return _BETWEEN.sub("_", name.strip()).lower() in FROM_USERS


def feedback_of(scores: Iterable[tuple[str, object]]) -> float | None:
    """The mean of the users' scores among these, None when there is none.

    Raises:
        BadSpanError: when one is no number in [0, 1], since other scales would be read as liking everything.
    """
    given = []
    for name, value in scores:
        if not is_from_user(name):
            continue
        if not isinstance(value, int | float) or not 0 <= value <= 1:
            raise BadSpanError(f"the feedback {name} must be a number in [0, 1], got {ascii(value)[:60]}")
        given.append(float(value))
    return sum(given) / len(given) if given else None
