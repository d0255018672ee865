"""Fields of a record as attributes: texts, objects, and what tags such as ``feature:search`` and metadata tell."""

from __future__ import annotations

from typing import Any

import orjson

from llm_eval_pipeline.production.conventions.values import parsed
from llm_eval_pipeline.production.spans import BadSpanError

_TOLD_BY_TAGS = ("llm_eval.feature", "feature", "llm_eval.prompt_version", "prompt_version")


def told_by(tags: object, metadata: dict[str, Any]) -> dict[str, Any]:
    """The metadata, with what tags say of the feature and the prompt's version where it does not."""
    pairs = [tag.partition(":") for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
    named = {name: value.strip() for name, _, value in pairs if name in _TOLD_BY_TAGS}
    return named | metadata


def object_in(found: dict[str, Any], name: str) -> dict[str, Any]:
    """An object within a record, which may be written as JSON text; empty when there is none.

    Raises:
        BadSpanError: when there is something else.
    """
    value = parsed(found.get(name))
    if value is None or value == "":
        return {}
    if not isinstance(value, dict):
        raise BadSpanError(f"{name} must be an object, got {ascii(value)[:60]}")
    return value


def as_text(value: object, what: str) -> str | None:
    """A text as it is, anything else as JSON, and None for what is empty.

    Raises:
        BadSpanError: when it is nested deeper than can be written.
    """
    if value is None or value in ("", {}, []):
        return None
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise BadSpanError(f"{what} cannot be written as JSON: {error}") from error
