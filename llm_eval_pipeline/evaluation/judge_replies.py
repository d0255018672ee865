"""A judge's reply: a score with its reason, or why it cannot be read. Nothing else ever becomes a number."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, Field, ValidationError

LONGEST_REPLY = 20_000
"""Characters; a longer reply is no grade."""
_SHOWN = 200


class ReplyError(ValueError):
    """A reply that is no score. The text says what is wrong with it, and shows its beginning."""


class Reply(BaseModel):
    """What a judge replies. ``score`` is null when it cannot tell; ``reason`` then says why."""

    score: float | None = Field(ge=0, le=1, strict=True)
    rationale: str | None = None
    reason: str | None = None
    confidence: float | None = Field(None, ge=0, le=1)


def read_reply(text: str) -> Reply:
    """The reply in a text: one JSON object, alone, in a code fence, or with words around it.

    Raises:
        ReplyError: when there is no such object, when there are several with a score, when it lacks the score, or
            when a value is out of range.
    """
    text = text.strip()
    if len(text) > LONGEST_REPLY:
        raise ReplyError(f"the judge's reply has {len(text)} characters")
    bare = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        return Reply.model_validate_json(bare)
    except ValidationError as error:
        first = error.errors()[0]
        inside = list(_scored_objects(bare)) if first["type"] == "json_invalid" else []
        if len(inside) == 1:
            return _validated(inside[0], text)
        raise _unreadable(first, text) from error


def _validated(value: dict[str, Any], text: str) -> Reply:
    try:
        return Reply.model_validate(value)
    except ValidationError as error:
        raise _unreadable(error.errors()[0], text) from error


def _unreadable(first: Any, text: str) -> ReplyError:
    where = ".".join(str(part) for part in first["loc"]) or "reply"
    return ReplyError(f"the judge's reply cannot be read ({where}: {first['msg']}): {text[:_SHOWN]!r}")


def _scored_objects(text: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text that have a score, none inside another."""
    decoder, start = json.JSONDecoder(parse_constant=_no_constant), text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if "score" in value:
                yield value
        start = text.find("{", end)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
