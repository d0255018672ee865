"""Reading the body of an answer, and no more of it than a model's answer can be."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import aiohttp

from llm_eval_pipeline.clients.chat import ChatError

LONGEST_BODY = 8 * 2**20
"""In bytes, decompressed. No model's answer comes near it; what does is a fault, and is not read to its end."""
_LAST_BYTES_S = 0.1
"""How long the end of a body may take after a stream's last event; then the connection is given up, not the answer."""


async def whole_body(who: str, reply: aiohttp.ClientResponse) -> bytes:
    """The body, to its end.

    Raises:
        ChatError: when it is longer than ``LONGEST_BODY``; as soon as that is known.
    """
    if (reply.content_length or 0) > LONGEST_BODY:
        raise too_long(who, reply)
    read = reply.content.readany
    first = await read()
    if not (more := await read()):
        return first
    pieces, length = [first, more], len(first) + len(more)
    while piece := await read():
        pieces.append(piece)
        length += len(piece)
        if length > LONGEST_BODY:
            raise too_long(who, reply)
    return b"".join(pieces)


async def read_on(reply: aiohttp.ClientResponse) -> None:
    """To the end of the body, so that the connection can be used again."""
    with suppress(TimeoutError, aiohttp.ClientError):
        async with asyncio.timeout(_LAST_BYTES_S):
            while await reply.content.readany():
                pass


def too_long(who: str, reply: aiohttp.ClientResponse) -> ChatError:
    """The error for a body over ``LONGEST_BODY``, whose rest is left unread."""
    reply.close()
    return ChatError(f"{who}: the endpoint's answer is longer than {LONGEST_BODY // 2**20} MiB and was not read")
