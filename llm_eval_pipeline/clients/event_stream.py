"""Server-sent events, out of bytes that come in pieces of any size (WHATWG HTML, section 9.2.6).

Belongs here: lines and fields. Does not belong here: what an event means (each client knows its API's), or where the
bytes come from (``endpoint.py``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_END_OF_LINE = re.compile(rb"\r\n|\n|\r")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its data, and how long after the request it came, in milliseconds.

    Its name is left out: the APIs that have names repeat them in the data. ``whole`` marks a document that came where
    a stream was asked for.
    """

    data: bytes
    at_ms: float = 0.0
    whole: bool = False


class EventParser:
    """The events of one stream, in the order of their coming.

    A character or a line may be cut anywhere between two pieces. Comments, and fields other than ``data``, are skipped.
    """

    def __init__(self) -> None:
        self._rest: list[bytes] = []
        self._data: list[bytes] = []
        self._begun = False

    def feed(self, piece: bytes, at_ms: float = 0.0) -> Iterator[Event]:
        """The events that this piece completes."""
        self._rest.append(piece)
        if self._begun and not _END_OF_LINE.search(piece):
            return
        text = self.half_line
        if not self._begun and len(text) >= len(_BYTE_ORDER_MARK):
            text, self._begun = text.removeprefix(_BYTE_ORDER_MARK), True
        held = b"\r" if text.endswith(b"\r") else b""  # half of a CRLF, perhaps
        *lines, rest = _END_OF_LINE.split(text[: len(text) - len(held)])
        self._rest = [rest + held]
        for line in lines:
            if not line:
                yield from self._event(at_ms)
            elif line.startswith(b"data:"):
                self._data.append(line[5:].removeprefix(b" "))

    def end(self, at_ms: float = 0.0) -> Iterator[Event]:
        """The last event, where the stream ends with a line but without the empty one that should follow."""
        if self.half_line.endswith(b"\r"):
            yield from self.feed(b"\n", at_ms)
        yield from self._event(at_ms)

    @property
    def half_line(self) -> bytes:
        """What came after the last end of a line."""
        return b"".join(self._rest)

    def _event(self, at_ms: float) -> Iterator[Event]:
        if self._data:
            yield Event(b"\n".join(self._data), at_ms)
            self._data.clear()
