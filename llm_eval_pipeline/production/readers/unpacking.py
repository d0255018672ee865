"""The bytes of a file, plain or gzip, in bounded memory and up to the first damage.

Python's own ``gzip`` loses the good bytes before a cut, and unpacks as much as a bomb holds.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

_CHUNK = 1 << 20
_GZIP = 31  # zlib's window bits for a gzip header and trailer


@dataclass(frozen=True, slots=True)
class Damage:
    """Why no more bytes can be had."""

    reason: str


def chunks(file: BinaryIO, *, compressed: bool) -> Iterator[bytes | Damage]:
    """The bytes, and at most one :class:`Damage`, which is the last."""
    return _unpacked(file) if compressed else _plain(file)


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
