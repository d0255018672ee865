"""Answering calls as they come: many under way, each once, their answers in the order in which they were wanted."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, NamedTuple, TypeVar

from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.ledger.barring import Refused, is_barred
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit
from llm_eval_pipeline.ledger.from_thread import Put
from llm_eval_pipeline.ledger.making import Maker
from llm_eval_pipeline.ledger.plan import Allowance, Plan, Price
from llm_eval_pipeline.ledger.progress import Progress
from llm_eval_pipeline.ledger.recording import Recorder
from llm_eval_pipeline.ledger.replays import Replays
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger

Subject = TypeVar("Subject")
Wanted = Callable[[], Iterable[tuple[Subject, Call | None]]]
"""Gives, anew each time, what is asked about and the call that asks; None: there is nothing to ask."""
FollowUp = Callable[[Call, Answer], Call | None]
"""The call that an answer makes necessary, such as the repair of a reply that cannot be read; None: none is."""
BATCH = 250
"""Calls that are looked up, and answers that are handed on, at once."""
AHEAD = 32
"""So many times the calls under way may wait behind the oldest that has no answer yet."""

log = logging.getLogger(__name__)


class Asked(NamedTuple, Generic[Subject]):
    """What was asked about, the call, and its answer; both None where there was nothing to ask."""

    subject: Subject
    call: Call | None
    answer: Answer | None


async def answer_all(
    wanted: Wanted[Subject],
    client: ChatClient,
    follow_up: FollowUp | None,
    planned: Plan,
    put: Put[list[Asked[Subject]]],
    *,
    ledger: Ledger,
    price: Price,
    rules: AskingRules,
) -> None:
    """Answer every call and put batches of answers, in order; see ``Asker.stream``."""
    progress = Progress(total=planned.calls, replayed=planned.replayed, log=log)
    limit, replays = AdaptiveLimit(rules.concurrency), Replays()
    allowance = Allowance(planned, price, rules)
    most_ahead = max(BATCH, AHEAD * rules.concurrency)
    async with _opened(client), Recorder(ledger) as recorder, _one_error(), asyncio.TaskGroup() as group:
        maker = Maker(client=client, rules=rules, price=price, limit=limit, recorder=recorder, progress=progress)
        begun: _Begun[Subject] = _Begun(ledger, maker, follow_up, replays, allowance, group)
        wants = iter(wanted())
        while some := await asyncio.to_thread(lambda: list(islice(wants, BATCH))):
            await begun.begin(some)
            while len(begun) > most_ahead:
                await put(await begun.oldest())
        while len(begun):
            await put(await begun.oldest())
    await asyncio.to_thread(ledger.note, replays, rules.clock())
    progress.finish()


@dataclass(slots=True)
class _Begun(Generic[Subject]):
    """The calls that were begun and not yet handed on, oldest first."""

    ledger: Ledger
    maker: Maker
    follow_up: FollowUp | None
    replays: Replays
    allowance: Allowance
    group: asyncio.TaskGroup
    waiting: deque[tuple[str, Subject, Call | None, Answer | asyncio.Task[Answer] | None]] = field(
        default_factory=deque
    )
    under_way: dict[str, asyncio.Task[Answer]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.waiting)

    async def begin(self, some: Sequence[tuple[Subject, Call | None]]) -> None:
        """Look calls up, and start those that the ledger cannot answer; a call that is under way is not made twice."""
        keyed = [(subject, call, "" if call is None else call.key) for subject, call in some]
        found = await asyncio.to_thread(self.ledger.lookup, [key for _, call, key in keyed if call is not None])
        for subject, call, key in keyed:
            answer: Answer | asyncio.Task[Answer] | None = None
            if call is not None:
                answer = self.under_way.get(key)
                if answer is None:
                    answer = self._replayed(call, found.get(key)) or self._started(key, call, found.get(key))
            self.waiting.append((key, subject, call, answer))

    async def oldest(self) -> list[Asked[Subject]]:
        """The oldest batch, once all of it is answered."""
        batch = []
        for _ in range(min(BATCH, len(self.waiting))):
            key, subject, call, answer = self.waiting[0]
            if isinstance(answer, asyncio.Task):
                answer = await answer
                self.under_way.pop(key, None)
            batch.append(Asked(subject, call, answer))
            self.waiting.popleft()
        return batch

    def _replayed(self, call: Call, found: Answer | None) -> Answer | None:
        if found is None:
            return None
        self.replays.count(call, found)
        return None if self.follow_up is not None and self.follow_up(call, found) is not None else found

    def _started(self, key: str, call: Call, found: Answer | None) -> asyncio.Task[Answer]:
        task = self.group.create_task(self._settle(key, call, found))
        self.under_way[key] = task
        return task

    async def _settle(self, key: str, call: Call, answer: Answer | None) -> Answer:
        """The answer to a call, or to the last call that it made necessary."""
        answer = answer or await self._made(key, call)
        while self.follow_up is not None and (following := self.follow_up(call, answer)) is not None:
            key = following.key
            found = await asyncio.to_thread(self.ledger.lookup, [key])
            if key in found:
                self.replays.count(following, found[key])
                call, answer = following, found[key]
            elif self.allowance.covers(following):
                self.maker.progress.total += 1
                call, answer = following, await self._made(key, following)
            else:
                break
        return answer

    async def _made(self, key: str, call: Call) -> Answer:
        """The answer of a call that is made now, or the recorded failure of one that may not be made."""
        if not is_barred(call, self.maker.client, self.maker.rules):
            return await self.maker.make(key, call)
        failures = await asyncio.to_thread(self.ledger.failures, [key])
        if key in failures:
            return failures[key].answer(key, call)
        refused = Refused(self.maker.rules)
        refused.count([call])
        refused.complain()
        raise AssertionError("a refused call is complained about")


@asynccontextmanager
async def _opened(client: ChatClient) -> AsyncIterator[None]:
    """The client's connections, for one that has any."""
    if isinstance(client, AbstractAsyncContextManager):
        async with client:
            yield
    else:
        yield


@asynccontextmanager
async def _one_error() -> AsyncIterator[None]:
    """Of the errors of many calls the first is raised, which people look for in a log; the rest are its like."""
    try:
        yield
    except BaseExceptionGroup as group:
        first: BaseException = group
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        raise first from None
