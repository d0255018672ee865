"""What a coroutine brings forth, for ordinary code: the event loop runs in a thread of its own.

So a caller reads with ``for`` and may take its time, and the calls under way are neither held up nor timed wrongly
meanwhile. Not here: what is brought forth.
"""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import suppress
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, TypeVar

Item = TypeVar("Item")
Put = Callable[[Item], Awaitable[None]]
AHEAD = 4
"""So many items may wait to be read; then the coroutine waits."""
TURN_S = 0.001
"""So long may one thread keep the interpreter meanwhile. Python's own 5 ms are a tenth of a call of 50 ms, and whoever
makes answers durable has to wait for its turn several times."""


@dataclass(frozen=True, slots=True)
class _Started:
    loop: asyncio.AbstractEventLoop
    task: asyncio.Task[Any]
    room: asyncio.Semaphore

    def call(self, what: Callable[[], object]) -> None:
        """Have the loop do something, unless it has ended by itself."""
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(what)


class _End:
    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def items_from_thread(produce: Callable[[Put[Item]], Coroutine[Any, Any, None]]) -> Generator[Item]:
    """Yield what ``produce`` puts, in order; its exception is raised here, after what was put before.

    When the reader stops early, the coroutine is cancelled, and its end is awaited.
    """
    ready: SimpleQueue[Item | _End] = SimpleQueue()
    started: SimpleQueue[_Started] = SimpleQueue()

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        room = asyncio.Semaphore(AHEAD)
        started.put(_Started(asyncio.get_running_loop(), task, room))

        async def put(item: Item) -> None:
            await room.acquire()
            ready.put(item)

        await produce(put)

    def run() -> None:
        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - handed to the reader, whatever it is
            ready.put(_End(error))
        else:
            ready.put(_End(None))

    thread = threading.Thread(target=run, name="asking", daemon=True)
    thread.start()
    ended, running = False, None
    before = sys.getswitchinterval()
    sys.setswitchinterval(min(before, TURN_S))
    try:
        while not isinstance(item := ready.get(), _End):
            running = running or started.get()
            running.call(running.room.release)
            yield item
        ended = True
        if item.error is not None:
            raise item.error
    finally:
        if not ended:
            running = running or started.get()
            running.call(running.task.cancel)
            while not isinstance(ready.get(), _End):
                pass
        thread.join()
        sys.setswitchinterval(before)
