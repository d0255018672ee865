"""How many pieces a body would become when it is parsed, found out before it is.

An empty message takes two bytes of a body and a hundred times that of memory, so that a body within its limit could
take gigabytes. Texts are passed over, whatever their length; small bodies cannot take much.
"""

from __future__ import annotations

from collections.abc import Iterator

from llm_eval_pipeline.receiver.refusals import RefusedError

MOST = 1_000_000
SMALL = 1 << 20
"""A body of so many bytes is not looked at."""

_Message = dict[int, "_Message"]
"""The fields of a message that are messages themselves, by their tags."""


def _field(number: int) -> int:
    return number << 3 | 2  # with a length


def _schema() -> _Message:
    any_value: _Message = {}
    key_value: _Message = {_field(2): any_value}
    any_value |= {_field(5): {_field(1): any_value}, _field(6): {_field(1): key_value}}
    attributes = {_field(3): key_value}
    span: _Message = {_field(9): key_value, _field(11): attributes, _field(13): {_field(4): key_value}, _field(15): {}}
    resource: _Message = {_field(1): key_value, _field(3): {}}
    scope_spans: _Message = {_field(1): attributes, _field(2): span}
    return {_field(1): {_field(1): resource, _field(2): scope_spans}}


_REQUEST = _schema()
_FIXED = {1: 8, 5: 4}


def refuse_broad_protobuf(body: bytes) -> None:
    """Refuse an export in protobuf that would become too many messages; one that is damaged is left to its parser.

    Raises:
        RefusedError: when it would.
    """
    if len(body) > SMALL:
        for count, _ in enumerate(_messages(body), 1):
            if count > MOST:
                raise _too_broad()


def refuse_broad_json(body: bytes) -> None:
    """Refuse JSON that would become too many objects, lists and members, even if those in texts were some.

    Raises:
        RefusedError: when it would.
    """
    if len(body) > SMALL and sum(map(body.count, (b"{", b"[", b","))) > 3 * MOST:
        raise _too_broad()


def _messages(body: bytes) -> Iterator[None]:
    """One for each message within the body."""
    within: list[tuple[int, int, _Message]] = [(0, len(body), _REQUEST)]
    while within:
        position, end, known = within.pop()
        while position < end:
            tag, position = _varint(body, position, end)
            kind = tag & 7
            if kind == 2:
                length, position = _varint(body, position, end)
                start, position = position, position + length
                if tag in known and position <= end:
                    yield None
                    if length:
                        within.append((position, end, known))
                        position, end, known = start, position, known[tag]
            elif kind == 0:
                _, position = _varint(body, position, end)
            elif kind in _FIXED:
                position += _FIXED[kind]
            else:
                return  # no field begins so: the parser refuses it


def _varint(body: bytes, position: int, end: int) -> tuple[int, int]:
    """A number, and where it ends; a cut one is followed by nothing."""
    number = shift = 0
    while position < end:
        byte = body[position]
        position += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, position
        shift += 7
        if shift > 63:
            break
    return 0, end


def _too_broad() -> RefusedError:
    return RefusedError(413, "too_large", f"the body holds more than {MOST} pieces: send smaller batches")
