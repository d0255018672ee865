"""What a record of Langfuse's says of the application: metadata, tags, session, user, prompt, and what users scored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from llm_eval_pipeline.production.conventions.application import FEEDBACK, PROMPT_VERSION
from llm_eval_pipeline.production.conventions.values import parsed, text
from llm_eval_pipeline.production.readers.feedback import feedback_of, is_from_user
from llm_eval_pipeline.production.readers.fields import as_text, object_in, told_by

Record = Mapping[str, Any]

_JUDGED = "EVAL"
_NUMERIC = {None, "NUMERIC", "BOOLEAN"}  # a category's number is its index, and a text's is always 0


def field(found: Record, *names: str) -> Any:
    """The first of the fields that is there and not empty."""
    return next((value for name in names if (value := found.get(name)) is not None and value != ""), None)


def told_of_application(found: Record, whole: Record) -> dict[str, Any]:
    """The attributes of a record, with those of the trace that it stands for; None where nothing is told."""
    metadata = _metadata(whole) | _metadata(found)
    tags = parsed(field(found, "tags", "traceTags") or whole.get("tags"))
    told = told_by(tags, metadata)
    return {
        "metadata": as_text(told, "metadata"),
        "session.id": text(found, "sessionId", "session_id") or text(whole, "sessionId"),
        "user.id": text(found, "userId", "user_id") or text(whole, "userId"),
        PROMPT_VERSION: text(told, PROMPT_VERSION) or _prompt(found) or text(told, "prompt_version"),
        FEEDBACK: feedback_of([*_scores(found), *_scores(whole)]),
    }


def _metadata(found: Record) -> dict[str, Any]:
    """Metadata, with what the application gave its OpenTelemetry span, which Langfuse keeps under ``attributes``."""
    metadata = object_in(dict(found), "metadata") if isinstance(parsed(found.get("metadata")), dict) else {}
    given = parsed(metadata.get("attributes"))
    return (given if isinstance(given, dict) else {}) | metadata


def _prompt(found: Record) -> str | None:
    name, version = text(found, "promptName", "prompt_name"), text(found, "promptVersion", "prompt_version")
    return f"{name}@{version}" if name and version else version or name


def _scores(found: Record) -> Iterator[tuple[str, object]]:
    """Scores that stand in a record: listed by the API, as columns with lists of values in the UI's export."""
    listed = found.get("scores")
    for score in listed if isinstance(listed, list) else []:
        if isinstance(score, dict) and score.get("source") != _JUDGED and _is_numeric(score):
            yield str(score.get("name")), score.get("value")
    for name, values in found.items():
        if is_from_user(name) and isinstance(values, list):
            yield from ((name, value) for value in values if isinstance(value, int | float))


def _is_numeric(score: Record) -> bool:
    kind = score.get("dataType", score.get("data_type"))
    return (kind is None or isinstance(kind, str)) and kind in _NUMERIC
