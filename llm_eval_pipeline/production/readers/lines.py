"""The lines of a file, plain or packed, in bounded memory and past damage.

The good lines before any damage come out, the rest is one record, and a line over the limit is skipped with its
beginning kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from llm_eval_pipeline.production.readers.seam import KEPT, Line, Unreadable
from llm_eval_pipeline.production.readers.unpacking import Damage, chunks

MAX_LINE = 256 << 20


def lines(file: BinaryIO, name: str, *, max_line: int = MAX_LINE) -> Iterator[Line | Unreadable]:
    """Every line that is not blank, and one :class:`Unreadable` for each that is too long or lies behind damage."""
    number, length = 1, 0
    pending: list[bytes] = []
    for chunk in chunks(file, name):
        if isinstance(chunk, Damage):
            rest = b"".join(pending) or chunk.packed
            yield Unreadable(line=number, reason=chunk.reason, kept=rest[:KEPT], length=max(length, len(rest)))
            return
        start = 0
        while (end := chunk.find(b"\n", start)) >= 0:
            pending.append(chunk[start:end])
            length += end - start
            yield from _line(number, pending, length, max_line)
            number, pending, length, start = number + 1, [], 0, end + 1
        length += len(chunk) - start
        if length <= max_line:
            pending.append(chunk[start:])
        elif pending or start < len(chunk):
            pending = [b"".join([*pending, chunk[start:]])[:KEPT]]
    yield from _line(number, pending, length, max_line)


def _line(number: int, pending: list[bytes], length: int, max_line: int) -> Iterator[Line | Unreadable]:
    data = b"".join(pending)
    if length > max_line:
        reason = f"the line has {length} bytes, more than the {max_line} that are read"
        yield Unreadable(line=number, reason=reason, kept=data[:KEPT], length=length)
    elif data and not data.isspace():
        yield Line(number, data)
