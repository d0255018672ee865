"""Look-ups in the ledger, many in one query: what is wanted while one runs is looked up in the next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from llm_eval_pipeline.ledger.calls import Answer
from llm_eval_pipeline.ledger.store import Ledger


class Finder:
    """Gathers the keys that are asked for while the last query ran, and looks them up in the next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._wanted: list[str] = []
        self._next: asyncio.Task[dict[str, Answer]] | None = None
        self._last: asyncio.Task[dict[str, Answer]] | None = None

    async def find(self, keys: Sequence[str]) -> dict[str, Answer]:
        """The answers that the ledger holds, by key; other keys may be among them."""
        self._wanted += keys
        if self._next is None:
            self._next = asyncio.create_task(self._look_up(self._last))
            self._next.add_done_callback(_seen)
        return await asyncio.shield(self._next)

    async def _look_up(self, last: asyncio.Task[dict[str, Answer]] | None) -> dict[str, Answer]:
        if last is not None:
            await asyncio.wait([last])
        wanted, self._wanted = self._wanted, []
        self._last, self._next = self._next, None
        return await asyncio.to_thread(self._ledger.lookup, wanted)


def _seen(query: asyncio.Task[dict[str, Answer]]) -> None:
    """When nobody waits any more, since all has failed for another reason, nobody need hear of this one."""
    if not query.cancelled():
        query.exception()
