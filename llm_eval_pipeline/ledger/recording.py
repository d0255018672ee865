"""Answers into the ledger, many in one transaction, in a thread of their own while the calls go on."""

from __future__ import annotations

import asyncio
import threading
from queue import Empty, SimpleQueue
from types import TracebackType

import sqlalchemy as sa

from llm_eval_pipeline.ledger.calls import Answer, Call, failed_answer
from llm_eval_pipeline.ledger.store import Ledger

_UNSTORABLE = (TypeError, ValueError, sa.exc.DataError)
"""What an answer raises that no database could ever hold, such as a number of a hundred digits."""
_Waiting = tuple[Call, Answer, "asyncio.Future[Answer]"]


class Recorder:
    """Gathers what was answered while the last transaction ran, and makes it durable in the next."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._waiting: SimpleQueue[_Waiting | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._write, name="recording", daemon=True)

    async def __aenter__(self) -> Recorder:
        """Begin to write."""
        self._loop = asyncio.get_running_loop()
        self._thread.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        await asyncio.to_thread(self._thread.join)

    async def record(self, call: Call, answer: Answer) -> Answer:
        """The answer that stands, once it is durable: the given one, unless another process was first.

        Raises:
            Exception: whatever the ledger raises; nobody who waits is then told that an answer is durable.
        """
        durable: asyncio.Future[Answer] = self._loop.create_future()
        self._waiting.put((call, answer, durable))
        return await durable

    def _write(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch = [first]
            ended = False
            while not ended:
                try:
                    following = self._waiting.get_nowait()
                except Empty:
                    break
                if following is None:
                    ended = True
                else:
                    batch.append(following)
            self._store(batch)
            if ended:
                return

    def _store(self, batch: list[_Waiting]) -> None:
        try:
            standing = self._ledger.append([(call, answer) for call, answer, _ in batch])
        except _UNSTORABLE as error:
            if len(batch) > 1:  # one that cannot be stored takes no other with it
                for one in batch:
                    self._store([one])
            else:
                self._store_reason(batch[0], error)
        except BaseException as error:  # noqa: BLE001 - raised where the answers are waited for
            self._loop.call_soon_threadsafe(_fail, batch, error)
        else:
            self._loop.call_soon_threadsafe(_settle, batch, standing)

    def _store_reason(self, waiting: _Waiting, error: Exception) -> None:
        """An answer that no ledger can hold is a failure, with that as its reason."""
        call, answer, durable = waiting
        reason = f"the answer cannot be stored: {type(error).__name__}: {str(error)[:300]}"
        failure = failed_answer(answer.key, call, reason, answer.called_at)
        try:
            self._ledger.append([(call, failure)])
        except BaseException as another:  # noqa: BLE001 - raised where the answer is waited for
            self._loop.call_soon_threadsafe(_fail, [waiting], another)
        else:
            self._loop.call_soon_threadsafe(_settle, [(call, failure, durable)], {answer.key: failure})


def _settle(batch: list[_Waiting], standing: dict[str, Answer]) -> None:
    for _, answer, durable in batch:
        if not durable.done():
            durable.set_result(standing[answer.key])


def _fail(batch: list[_Waiting], error: BaseException) -> None:
    for _, _, durable in batch:
        if not durable.done():
            durable.set_exception(error)
