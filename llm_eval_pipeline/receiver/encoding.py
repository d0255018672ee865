"""The seam to OTLP's two encodings: how a body is read, kept in a file, and answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Export:
    """A decoded request: its record as it goes into a file, and how many spans it has."""

    record: bytes
    spans: int


class Encoding(Protocol):
    """One of the two encodings."""

    media_type: str
    ending: str
    """How its files' names end, so that the readers of the landing folder know them."""
    start: bytes
    """What each of its files begins with."""
    success: bytes
    """An ``ExportTraceServiceResponse`` that says nothing was rejected."""

    def decode(self, body: bytes) -> Export:
        """Read a request's body.

        Raises:
            RefusedError: when it is no export of traces, or would take too much room.
        """
        ...

    def whole(self, data: bytes) -> int:
        """How many bytes of a file are whole records: what follows was cut by a crash."""
        ...

    def failure(self, code: int, why: str) -> bytes:
        """A ``google.rpc.Status``, which is what OTLP answers when a request is not taken."""
        ...
