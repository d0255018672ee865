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
_NO_OBJECT = "the reply is not one JSON object"
_REPEATS = "the reply gives a field twice"
_WRONG = {
    "missing": "is missing",
    "greater_than_equal": "is out of range",
    "less_than_equal": "is out of range",
}


class ReplyError(ValueError):
    """A reply that is no verdict. The text says what is wrong with it, and shows its beginning.

    ``told`` says the same to the judge, in words of our own: it becomes part of a call's identity, which must not
    change with a library's way to put it.
    """

    def __init__(self, reason: str, *, told: str) -> None:
        super().__init__(reason)
        self.told = told


class _RepeatedKeyError(ValueError):
    """An object that gives a key twice: JSON's readers take the last, and nobody knows which was meant."""


def read_reply(answer: Answer, kind: type[Reply], marked_by: str) -> Reply:
    """The verdict in a judge's answer: one JSON object, alone, in a code fence, or with words around it.

    Args:
        answer: what the ledger holds.
        kind: what a verdict is.
        marked_by: the field that tells a verdict from another object, where there are words around it.

    Raises:
        ReplyError: when there is no answer or no such object, when there are several, when a field is missing or
            given twice, or a value out of range.
    """
    if answer.response is None:
        raise ReplyError(f"the judge did not answer: {answer.error}", told="there is no reply")
    text = answer.response.output.strip()
    if len(text) > LONGEST_REPLY:
        raise ReplyError(f"the judge's reply has {len(text)} characters", told="the reply is too long")
    bare = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        return _read(bare, kind, marked_by, text)
    except _RepeatedKeyError as error:
        reason = f"the judge's reply cannot be read ({error} is given twice): {text[:_SHOWN]!r}"
        raise ReplyError(reason, told=_REPEATS) from error


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
        again = Message(role="user", content=f"{error.told}.\nReply again with {wanted}")
        return replace(call, request=replace(call.request, messages=(*call.request.messages, said, again)))
    return None


def _read(bare: str, kind: type[Reply], marked_by: str, text: str) -> Reply:
    try:
        reply = kind.model_validate_json(bare)
    except ValidationError as error:
        first = error.errors()[0]
        inside = list(_objects(bare, marked_by)) if first["type"] == "json_invalid" else []
        if len(inside) == 1:
            return _validated(inside[0], kind, text)
        raise _unreadable(first, text) from error
    json.loads(bare, object_pairs_hook=_once, parse_int=float)  # int refuses what has too many digits
    return reply


def _validated(value: dict[str, Any], kind: type[Reply], text: str) -> Reply:
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        raise _unreadable(error.errors()[0], text) from error


def _unreadable(first: Any, text: str) -> ReplyError:
    where = ".".join(str(part) for part in first["loc"]) or "reply"
    wrong = _WRONG.get(first["type"], "is not what was asked for")
    return ReplyError(
        f"the judge's reply cannot be read ({where}: {first['msg']}): {text[:_SHOWN]!r}",
        told=f"the field {first['loc'][0]} {wrong}" if first["loc"] else _NO_OBJECT,
    )


def _objects(text: str, marked_by: str) -> Iterator[dict[str, Any]]:
    """The JSON objects in a text that have a field, none inside another."""
    decoder = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_once)
    start = text.find("{")
    while start >= 0:
        try:
            value, end = decoder.raw_decode(text, start)
        except _RepeatedKeyError:
            raise
        except (ValueError, RecursionError):
            end = start + 1
        else:
            if marked_by in value:
                yield value
        start = text.find("{", end)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for name, one in pairs:
        if name in value:
            raise _RepeatedKeyError(repr(name[:_SHOWN]))
        value[name] = one
    return value
