"""A judge's reply: an object with its verdict, or why it cannot be read. Nothing else ever becomes a verdict.

Here too: the one more chance that a judge gets whose reply cannot be read. Not here: what a verdict is worth.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from llm_eval_pipeline.clients.chat import Message
from llm_eval_pipeline.ledger.calls import Answer, Call

Reply = TypeVar("Reply", bound=BaseModel)
LONGEST_REPLY = 20_000
"""Characters; a longer reply is no verdict."""
_SHOWN = 200
"""So many characters of a reply that cannot be read stand in the reason."""
_REPEATED = 2000
"""So many are shown to the judge again."""


class ReplyError(ValueError):
    """A reply that is no verdict. The text says what is wrong with it, and shows its beginning."""


def read_reply(answer: Answer, kind: type[Reply], marked_by: str) -> Reply:
    """The verdict in a judge's answer: one JSON object, alone, in a code fence, or with words around it.

    Args:
        answer: what the ledger holds.
        kind: what a verdict is.
        marked_by: the field that tells a verdict from another object, where there are words around it.

    Raises:
        ReplyError: when there is no answer or no such object, when there are several, when a field is missing or a
            value out of range.
    """
    if answer.response is None:
        raise ReplyError(f"the judge did not answer: {answer.error}")
    text = answer.response.output.strip()
    if len(text) > LONGEST_REPLY:
        raise ReplyError(f"the judge's reply has {len(text)} characters")
    bare = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        return kind.model_validate_json(bare)
    except ValidationError as error:
        first = error.errors()[0]
        inside = list(_objects(bare, marked_by)) if first["type"] == "json_invalid" else []
        if len(inside) == 1:
            return _validated(inside[0], kind, text)
        raise _unreadable(first, text) from error


def repair(call: Call, answer: Answer, read: Callable[[Answer], object], wanted: str) -> Call | None:
    """The call that asks once more, where a reply cannot be read: with the reply, and what is wrong with it.

    Args:
        call: what was asked.
        answer: the reply to it.
        read: raises :class:`ReplyError` for a reply that cannot be read.
        wanted: the form of a reply, in words that follow "Reply again with".
    """
    if answer.response is None or any(message.role == "assistant" for message in call.request.messages):
        return None
    try:
        read(answer)
    except ReplyError as error:
        said = Message(role="assistant", content=answer.response.output[:_REPEATED])
        again = Message(role="user", content=f"{error}.\nReply again with {wanted}")
        return replace(call, request=replace(call.request, messages=(*call.request.messages, said, again)))
    return None


def _validated(value: dict[str, Any], kind: type[Reply], text: str) -> Reply:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _unreadable(error.errors()[0], text) from error


def _unreadable(first: Any, text: str) -> ReplyError:
    where = ".".join(str(part) for part in first["loc"]) or "reply"
    return ReplyError(f"the judge's reply cannot be read ({where}: {first['msg']}): {text[:_SHOWN]!r}")


def _objects(text: str, marked_by: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text that have a field, none inside another."""
    decoder, start = json.JSONDecoder(parse_constant=_no_constant), text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if marked_by in value:
                yield value
        start = text.find("{", end)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
