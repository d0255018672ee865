"""Answers into the ledger, many in one transaction, while the calls go on."""

from __future__ import annotations

import asyncio

from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.store import Ledger


class Recorder:
    """Gathers what was answered while the last transaction ran, and makes it durable in the next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: list[tuple[Call, Answer, asyncio.Future[Answer]]] = []
        self._more = asyncio.Event()

    async def record(self, call: Call, answer: Answer) -> Answer:
        """The answer that stands, once it is durable: the given one, unless another process was first."""
        durable: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting.append((call, answer, durable))
        self._more.set()
        return await durable

    async def run(self) -> None:
        """Write until cancelled.

        Raises:
            Exception: whatever the ledger raises; nobody who waits is then told that an answer is durable.
        """
        while True:
            await self._more.wait()
            self._more.clear()
            batch, self._waiting = self._waiting, []
            standing = await asyncio.to_thread(self._ledger.append, [(call, answer) for call, answer, _ in batch])
            for _, answer, durable in batch:
                if not durable.done():
                    durable.set_result(standing[answer.key])
