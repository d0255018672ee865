"""What the application says of itself, beside any convention: feature, prompt version, session, user, feedback."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.values import Attributes, number, parsed, text
from llm_eval_pipeline.production.spans import BadSpanError

MLFLOW_TAG = "mlflow.traceTag."
PROMPT_VERSION = "llm_eval.prompt_version"
FEEDBACK = "llm_eval.feedback_score"
OTHER_SPELLING = {"all": "all (feature)"}
"""In every table ``all`` is the total over all features; a span is not lost for being called so."""


def application_columns(attributes: Attributes) -> dict[str, Any]:
    """The columns of a row that come from the application's own attributes.

    Raises:
        BadSpanError: when the feedback is no number in [0, 1], since other scales would be read as liking everything.
    """
    metadata = parsed(attributes.get("metadata"))
    noted = metadata if isinstance(metadata, dict) else {}
    feedback = number(attributes, FEEDBACK)
    if feedback is not None and not 0 <= feedback <= 1:
        raise BadSpanError(f"{FEEDBACK} must be in [0, 1], got {feedback}")
    names = ("llm_eval.feature", "feature")
    feature = text(attributes, *names, *(f"{MLFLOW_TAG}{name}" for name in names)) or text(noted, *names)
    return {
        "feature": OTHER_SPELLING.get(feature or "", feature),
        "prompt_version": text(
            attributes, PROMPT_VERSION, "llm.prompt_template.version", f"{MLFLOW_TAG}{PROMPT_VERSION}"
        ),
        "session_id": text(attributes, "gen_ai.conversation.id", "session.id"),
        "user_id": text(attributes, "user.id", "enduser.id"),
        "feedback_score": feedback,
    }
