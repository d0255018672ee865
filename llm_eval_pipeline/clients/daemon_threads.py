"""Threads for calls that block: one for each call under way, each used again, none that keeps a process from ending.

The standard library's pool waits at the end of the process for every thread, so one call that hangs would hang it all;
and a pool of fixed size has fewer places with each call that was given up.
"""

from __future__ import annotations

import asyncio
import contextvars
import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

Outcome = TypeVar("Outcome")


class DaemonThreads:
    """Threads that wait for work; how many there are follows from how many calls are under way."""

    def __init__(self) -> None:
        self._idle: list[_Worker] = []
        self._closed = threading.Event()

    async def run(self, work: Callable[[], Outcome]) -> Outcome:
        """Do ``work``, which must not raise, in a thread, with the context variables of here.

        When the wait for it is cancelled, the thread goes on with it, and is free for others after that.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        try:
            worker = self._idle.pop()
        except IndexError:
            worker = _Worker(self._idle, self._closed)
        worker.jobs.put((contextvars.copy_context(), work, future))
        return await future

    def close(self) -> None:
        """Let the threads end, each when it has nothing to do."""
        self._closed.set()
        while self._idle:
            self._idle.pop().jobs.put(None)


class _Worker:
    def __init__(self, idle: list[_Worker], closed: threading.Event) -> None:
        self.jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._idle = idle
        self._closed = closed
        threading.Thread(target=self._serve, name="blocking-call", daemon=True).start()

    def _serve(self) -> None:
        while (job := self.jobs.get()) is not None:
            context, work, future = job
            outcome = context.run(work)
            self._idle.append(self)
            with suppress(RuntimeError):  # the loop has ended, and with it whoever waited
                future.get_loop().call_soon_threadsafe(_hand_over, future, outcome)
            if self._closed.is_set():
                return


def _hand_over(future: asyncio.Future[Any], outcome: Any) -> None:
    if not future.done():
        future.set_result(outcome)
