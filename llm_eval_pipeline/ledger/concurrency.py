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


class AdaptiveLimit:
    """Additive increase, multiplicative decrease, as TCP does it (RFC 5681), but for refusals that are strays.

    A refusal halves the places, once for each level of them: the next one halves again when a call that began after
    the halving has been answered. While most calls are answered, each answer gives one place back; when refusals are
    many, a whole round of answers gives one. When as many were refused in a row as are under way, the endpoint is
    closed: the places are halved each time, and everybody waits.

    Args:
        most: never more than this many at once; also the start, since an endpoint that says nothing wants nothing.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.limit = float(most)
        self.under_way = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._waiting_again: deque[asyncio.Future[None]] = deque()
        self._pause_until = 0.0
        self._halved_at = -math.inf
        self._level_is_tried = True
        self._in_a_row = 0
        self._refused_share = 0.0

    @asynccontextmanager
    async def slot(self, *, again: bool = False) -> AsyncIterator[float]:
        """Wait for a place, and hold it; gives the loop's time at which the call begins.

        A call that is made ``again`` goes before those that were not made yet: it has waited longer, and what was put
        off last would else be what everybody waits for in the end.
        """
        loop = asyncio.get_running_loop()
        await self._take(loop, again)
        while (pause := self._pause_until - loop.time()) > 0:
            self._give_back()
            await asyncio.sleep(pause)
            await self._take(loop, again)
        try:
            yield loop.time()
        finally:
            self._give_back()

    async def _take(self, loop: asyncio.AbstractEventLoop, again: bool) -> None:
        if self.under_way < int(self.limit) and not (self._waiting_again or self._waiting):
            self.under_way += 1
            return
        place = loop.create_future()
        (self._waiting_again if again else self._waiting).append(place)
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
        while (self._waiting_again or self._waiting) and self.under_way < int(self.limit):
            place = (self._waiting_again or self._waiting).popleft()
            if not place.done():
                self.under_way += 1
                place.set_result(None)

    def answered(self, began: float) -> None:
        """A call that ``began`` then was answered: more places, up to the most."""
        self._in_a_row = 0
        self._level_is_tried = self._level_is_tried or began >= self._halved_at
        self._refused_share -= self._refused_share / MEMORY
        if self.limit < self.most:
            self.limit = min(float(self.most), self.limit + (1 if self._refused_share < STRAY else 1 / self.limit))
            self._let_in()

    def throttled(self, wait_s: float, began: float) -> None:
        """A call that ``began`` then was refused: fewer places; and nobody starts for ``wait_s``, if all is closed."""
        now = asyncio.get_running_loop().time()
        self._in_a_row += 1
        self._refused_share += (1 - self._refused_share) / MEMORY
        is_closed = self._in_a_row >= self.under_way
        if began >= self._halved_at and (self._level_is_tried or is_closed):
            self.limit = max(1.0, self.limit / 2)
            self._halved_at, self._level_is_tried = now, False
        if is_closed:
            self._pause_until = max(self._pause_until, now + wait_s)
