"""How many calls may be under way: grows while answers come, halves when the endpoint asks for fewer."""

from __future__ import annotations

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

MEMORY = 16
"""Over about how many outcomes the share of refusals is remembered."""
STRAY = 0.25
"""Up to this share refusals are strays: the places come back as fast as they went."""
CLOSED = 0.5
"""From this share on the endpoint is closed: nobody starts before the time that it named."""


class AdaptiveLimit:
    """Additive increase, multiplicative decrease, as TCP does it (RFC 5681), but for refusals that are strays.

    A refusal halves the places. While most calls are answered, each answer gives one place back, up to where they
    were; when refusals are many, a whole round of answers gives one. When most calls are refused, everybody waits.

    Args:
        most: never more than this many at once; also the start, since an endpoint that says nothing wants nothing.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._pause_until = 0.0
        self._halved_at = -math.inf
        self._refused_share = 0.0
        self._outcomes = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Wait for a place, and hold it; gives the loop's time at which the call begins."""
        loop = asyncio.get_running_loop()
        await self._take(loop)
        try:
            while (pause := self._pause_until - loop.time()) > 0:
                await asyncio.sleep(pause)
            yield loop.time()
        finally:
            self._give_back()

    async def _take(self, loop: asyncio.AbstractEventLoop) -> None:
        if self.under_way < int(self.limit) and not self._waiting:
            self.under_way += 1
            return
        place = loop.create_future()
        self._waiting.append(place)
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self._give_back()
            raise

    def _give_back(self) -> None:
        self.under_way -= 1
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting and self.under_way < int(self.limit):
            place = self._waiting.popleft()
            if not place.done():
                self.under_way += 1
                place.set_result(None)

    def answered(self) -> None:
        """An answer came: one more place, or after many refusals one more for each round of answers."""
        self._remember(refused=0)
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + (1 if self._refused_share < STRAY else 1 / self.limit))
            self._let_in()

    def throttled(self, wait_s: float, began: float) -> None:
        """The endpoint asked for fewer: half the places; and when it refuses most, nobody starts for ``wait_s``.

        A call that ``began`` before the last halving tells nothing about what came of it, and does not halve again.
        """
        now = asyncio.get_running_loop().time()
        self._remember(refused=1)
        if began >= self._halved_at:
            self.limit = max(1.0, self.limit / 2)
            self._halved_at = now
        if self._refused_share >= CLOSED:
            self._pause_until = max(self._pause_until, now + wait_s)

    def _remember(self, *, refused: int) -> None:
        """A mean of the first outcomes, and one that forgets after those."""
        self._outcomes = min(self._outcomes + 1, MEMORY)
        self._refused_share += (refused - self._refused_share) / self._outcomes
