"""How many calls may be under way: grows while answers come, halves when the endpoint asks for fewer."""

from __future__ import annotations

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class AdaptiveLimit:
    """Additive increase, multiplicative decrease, as TCP does it (RFC 5681).

    Args:
        most: never more than this many at once; also the start, since an endpoint that says nothing wants nothing.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.under_way = 0
        self._free = asyncio.Condition()
        self._pause_until = 0.0
        self._halved_at = -math.inf

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Wait for a place, and hold it; gives the loop's time at which the call begins."""
        async with self._free:
            await self._free.wait_for(lambda: self.under_way < int(self.limit))
            self.under_way += 1
        try:
            while (pause := self._pause_until - asyncio.get_running_loop().time()) > 0:
                await asyncio.sleep(pause)
            yield asyncio.get_running_loop().time()
        finally:
            async with self._free:
                self.under_way -= 1
                self._free.notify()

    async def answered(self) -> None:
        """An answer came: one more place for each round of answers."""
        async with self._free:
            self.limit = min(float(self.most), self.limit + 1 / self.limit)
            self._free.notify()

    def throttled(self, wait_s: float, began: float) -> None:
        """The endpoint asked for fewer: half the places, and nobody starts before ``wait_s`` seconds are over.

        A call that ``began`` before the last halving tells nothing about what came of it, and does not halve again.
        """
        now = asyncio.get_running_loop().time()
        if began >= self._halved_at:
            self.limit = max(1.0, self.limit / 2)
            self._halved_at = now
        self._pause_until = max(self._pause_until, now + wait_s)
