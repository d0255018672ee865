"""Group commit: requests that come while the disk is busy share the next write and the next fsync.

A thread of its own does what waits for the disk. Each request goes on when what it brought is on disk, or is refused
when the disk took nothing.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.encoding import Encoding
from llm_eval_pipeline.receiver.files import SpanFiles
from llm_eval_pipeline.receiver.refusals import RefusedError, Retry

_log = logging.getLogger(__name__)

_PACE_S = 0.05
"""Half as long costs a tenth more of the processor where spans come one in a request."""
_ENOUGH = 16
_MOST = 8 << 20
"""Bytes that are written at once, so that joining them takes little room."""
_REFUSALS_EVERY = 60
"""Seconds, which are turns of the loop that looks after the files."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    encoding: Encoding
    record: bytes
    done: asyncio.Future[None]


class Commits:
    """What stands between the event loop and the files. Use as ``async with``; leaving finishes the files.

    Attributes:
        failure: why the disk took nothing the last time; empty when it did.
        most: how many requests can wait, since no more connections are open or no more are let in. When as many do,
            nobody else can come, and they are written at once, as when enough wait to be worth it; otherwise no sooner
            than ``pace_s`` seconds after the last write began.
    """

    def __init__(self, files: SpanFiles, counts: Counts, pace_s: float = _PACE_S) -> None:
        self._files = files
        self._counts = counts
        self._pace_s = pace_s
        self._begun = 0.0
        self._waiting: deque[_Waiting] = deque()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="receiver-files")
        self._lingering: asyncio.TimerHandle | None = None
        self._committing: asyncio.Task[None] | None = None
        self._caring: asyncio.Task[None] | None = None
        self.failure = ""
        self.most: Callable[[], int] = lambda: 0

    async def __aenter__(self) -> Commits:
        """Begin to look after the files."""
        self._caring = asyncio.get_running_loop().create_task(self._care())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Put on disk what is waiting, and finish the files."""
        if self._caring:
            self._caring.cancel()
        self._start()
        if self._committing:
            await self._committing
        await asyncio.get_running_loop().run_in_executor(self._thread, self._files.finish_all)
        self._thread.shutdown()
        self._counts.tell_refusals()

    async def put(self, encoding: Encoding, record: bytes) -> None:
        """Return when the record is on disk.

        Raises:
            RefusedError: when the disk did not take it.
        """
        loop = asyncio.get_running_loop()
        done = loop.create_future()
        self._waiting.append(_Waiting(encoding, record, done))
        if self._committing is None:
            early = self._begun + self._pace_s - loop.time()
            if early <= 0 or len(self._waiting) >= min(_ENOUGH, self.most()):
                self._start()
            elif self._lingering is None:
                self._lingering = loop.call_later(early, self._start)
        await done

    def _start(self) -> None:
        if self._lingering is not None:
            self._lingering.cancel()
            self._lingering = None
        if self._committing is None and self._waiting:
            loop = asyncio.get_running_loop()
            self._begun = loop.time()
            self._committing = loop.create_task(self._commit())

    async def _commit(self) -> None:
        some = list[_Waiting]()
        try:
            while self._waiting:
                some = self._next()
                self._tell(some, await asyncio.get_running_loop().run_in_executor(self._thread, self._write, some))
        finally:
            for each in some:
                each.done.cancel()  # nobody waits for ever, should there be an error that is not the disk's
            self._committing = None
            self._start()

    def _next(self) -> list[_Waiting]:
        """What goes to the disk at once: the first that wait, and not too many bytes of them."""
        some, size = list[_Waiting](), 0
        while self._waiting and (not some or size + len(self._waiting[0].record) <= _MOST):
            some.append(self._waiting.popleft())
            size += len(some[-1].record)
        return some

    def _tell(self, some: list[_Waiting], failures: dict[str, str]) -> None:
        for each in some:
            if each.done.cancelled():
                continue
            if each.encoding.ending in failures:
                each.done.set_exception(_disk(failures[each.encoding.ending]))
            else:
                each.done.set_result(None)
        self._note("; ".join(failures.values()))

    def _write(self, some: list[_Waiting]) -> dict[str, str]:
        """Write in the thread of the files; the reason for each encoding of which nothing was taken."""
        records: dict[str, list[bytes]] = {}
        encodings = {each.encoding.ending: each.encoding for each in some}
        for each in some:
            records.setdefault(each.encoding.ending, []).append(each.record)
        failures = {}
        for ending, those in records.items():
            try:
                self._files.append(encodings[ending], b"".join(those))
            except OSError as error:
                failures[ending] = error.strerror or type(error).__name__
        return failures

    async def _care(self) -> None:
        """Finish files in time, and find out when a disk that was full takes something again."""
        loop, turn = asyncio.get_running_loop(), 0
        while True:
            await asyncio.sleep(1)
            turn += 1
            await loop.run_in_executor(self._thread, self._files.finish_due)
            if self.failure:
                self._note(await loop.run_in_executor(self._thread, self._probe))
            if turn % _REFUSALS_EVERY == 0:
                self._counts.tell_refusals()

    def _probe(self) -> str:
        try:
            self._files.probe()
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""

    def _note(self, failure: str) -> None:
        if failure and not self.failure:
            _log.error("the disk takes nothing: %s", failure)
        elif self.failure and not failure:
            _log.info("the disk takes spans again")
        self.failure = failure


def _disk(why: str) -> RefusedError:
    return RefusedError(503, "disk", f"the spans cannot be stored now: {why}", Retry(10))
