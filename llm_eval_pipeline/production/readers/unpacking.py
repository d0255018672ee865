"""The bytes of a file, plain, gzip or zstd, in bounded memory and up to the first damage.

Python's own ``gzip`` loses the good bytes before a cut, and unpacks as much as a bomb holds.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import pyarrow as pa

from llm_eval_pipeline.production.readers.seam import KEPT

_CHUNK = 1 << 20
_STEP = 1 << 14
"""What is unpacked of zstd at once: before damage, less than that is lost."""
_BEGINNING = 1 << 13
_FIRST_BLOCK = 1 << 18
"""Packed. Nothing can be had of a block of zstd before it is whole, and it has at most half of this."""
_GZIP = 31  # zlib's window bits for a gzip header and trailer
_PACKED = (".gz", ".zst", ".zstd")


@dataclass(frozen=True, slots=True)
class Damage:
    """Why no more bytes can be had; ``packed`` is the file's beginning as it is, where none could be unpacked."""

    reason: str
    packed: bytes = b""


def inner_name(name: str) -> str:
    """A file's name in lower case, without what only says how the file is packed."""
    lower = name.lower()
    return next((lower.removesuffix(ending) for ending in _PACKED if lower.endswith(ending)), lower)


def beginning(path: Path) -> bytes:
    """The first bytes of a file, unpacked; empty for one that holds none, or is damaged from the start."""
    with path.open("rb") as file:
        first = next(chunks(io.BytesIO(file.read(_FIRST_BLOCK)), path.name), b"")
        return b"" if isinstance(first, Damage) else first[:_BEGINNING]


def chunks(file: BinaryIO, name: str) -> Iterator[bytes | Damage]:
    """The bytes of a file of this name, and at most one :class:`Damage`, which is the last."""
    is_first = True
    for chunk in _unpacked(file, name.lower().rpartition(".")[2]):
        if isinstance(chunk, Damage) and is_first:
            file.seek(0)
            yield Damage(chunk.reason, file.read(KEPT))
        else:
            yield chunk
        is_first = False


def _unpacked(file: BinaryIO, ending: str) -> Iterator[bytes | Damage]:
    if ending == "gz":
        return _from_gzip(file)
    if ending in ("zst", "zstd"):
        return _from_zstd(file)
    return _plain(file)


def _plain(file: BinaryIO) -> Iterator[bytes | Damage]:
    while chunk := file.read(_CHUNK):
        yield chunk


class _Lent:
    """A file that whoever borrows it cannot close."""

    closed = False

    def __init__(self, file: BinaryIO) -> None:
        self.read = file.read

    def close(self) -> None:
        """Leave it open."""


def _from_zstd(file: BinaryIO) -> Iterator[bytes | Damage]:
    try:
        unpacked = pa.CompressedInputStream(pa.PythonFile(_Lent(file), "r"), "zstd")
        while chunk := unpacked.read(_STEP):
            yield chunk
    except OSError as error:
        yield Damage(f"zstd is damaged, was cut, or is still being written: {error}")


def _from_gzip(file: BinaryIO) -> Iterator[bytes | Damage]:
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
