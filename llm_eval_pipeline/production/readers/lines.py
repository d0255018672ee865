"""The lines of a file, plain or gzip, in bounded memory and past damage.

Python's own ``gzip`` loses the half line before a cut, and unpacks as much as a bomb holds. Here the good lines before
the damage come out, the rest is one record, and a line over the limit is skipped with its beginning kept.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from llm_eval_pipeline.production.readers.seam import Unreadable

_CHUNK = 1 << 20
_GZIP = 31  # zlib's window bits for a gzip header and trailer
MAX_LINE = 256 << 20
KEPT = 64 << 10


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line break."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Damage:
    """Why no more bytes can be had."""

    reason: str


def lines(file: BinaryIO, *, compressed: bool, max_line: int = MAX_LINE) -> Iterator[Line | Unreadable]:
    """Every line that is not blank, and one :class:`Unreadable` for each that is too long or lies behind damage."""
    number, pending, length = 1, [], 0
    for chunk in _unpacked(file) if compressed else _plain(file):
        if isinstance(chunk, Damage):
            rest = b"".join(pending)
            yield Unreadable(line=number, reason=chunk.reason, kept=rest[:KEPT], length=length)
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


def _plain(file: BinaryIO) -> Iterator[bytes | Damage]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _unpacked(file: BinaryIO) -> Iterator[bytes | Damage]:
    unpacker, fresh = zlib.decompressobj(_GZIP), True
    while packed := file.read(_CHUNK):
        while packed:
            fresh = False
            try:
                chunk = unpacker.decompress(packed, _CHUNK)
            except zlib.error as error:
                yield Damage(f"gzip is damaged: {error}")
                return
            if chunk:
                yield chunk
            packed = unpacker.unconsumed_tail
            if unpacker.eof:  # gzip files may be several members one after the other, padded with zeros
                packed = unpacker.unused_data.lstrip(b"\0")
                unpacker, fresh = zlib.decompressobj(_GZIP), True
    if not fresh:
        yield from _last(unpacker)


def _last(unpacker: zlib._Decompress) -> Iterator[bytes | Damage]:
    if rest := unpacker.flush():
        yield rest
    yield Damage("gzip ends before its end mark: the file was cut or is still being written")
