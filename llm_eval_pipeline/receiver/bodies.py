"""A request's body, plain or gzip, read as it streams in and no further than its limit."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

from llm_eval_pipeline.receiver.refusals import RefusedError, undecodable
from llm_eval_pipeline.receiver.room import Place

_GZIP = 31  # zlib's window bits for a gzip header and trailer
_STEP = 1 << 20
"""So much is unpacked at once before others have their turn."""


async def read(chunks: AsyncIterator[bytes], *, packed: bool, limit: int, place: Place) -> bytes:
    """The body, unpacked.

    Args:
        chunks: the body's bytes as they come.
        packed: whether they are gzip.
        limit: the most bytes that it may have, both as it came and unpacked.
        place: what is held of it is taken from here.

    Raises:
        RefusedError: when it has more, is damaged, or there is no room for it.
    """
    kept, size, came, unpacking = list[bytes](), 0, 0, _Unpacking() if packed else None
    async for chunk in chunks:
        came += len(chunk)
        if came > limit:
            raise too_large(limit)
        for piece in unpacking.pieces(chunk) if unpacking else (chunk,):
            size += len(piece)
            if size > limit:
                raise too_large(limit)
            place.take(len(piece))
            kept.append(piece)
            if len(piece) == _STEP:
                await asyncio.sleep(0)
    if unpacking:
        unpacking.finish()
    return kept[0] if len(kept) == 1 else b"".join(kept)


def too_large(limit: int) -> RefusedError:
    """A body over the limit; it would be no smaller if it came again."""
    return RefusedError(
        413,
        "too_large",
        f"the body has more than {limit} bytes: send smaller batches, or raise LLM_EVAL_RECEIVER_MAX_BODY_MB",
    )


class _Unpacking:
    """Gzip, possibly several members one after the other, a bounded piece at a time."""

    def __init__(self) -> None:
        self._unpacker, self._fresh = zlib.decompressobj(_GZIP), True

    def pieces(self, packed: bytes) -> Iterator[bytes]:
        while packed:
            self._fresh = False
            try:
                piece = self._unpacker.decompress(packed, _STEP)
            except zlib.error as error:
                raise undecodable(f"the body is no gzip: {error}") from None
            if piece:
                yield piece
            packed = self._unpacker.unconsumed_tail
            if self._unpacker.eof:
                packed = self._unpacker.unused_data
                self._unpacker, self._fresh = zlib.decompressobj(_GZIP), True

    def finish(self) -> None:
        if not self._fresh:
            raise undecodable("the body is no gzip: it ends before its end mark")
