"""Exchanges as they come: many under way, each call once, their results in the order in which they were wanted."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic

from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.ledger.barring import Refused, is_barred
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit
from llm_eval_pipeline.ledger.exchanges import Asks, Exchange, Extra, Going, Result
from llm_eval_pipeline.ledger.finding import Finder
from llm_eval_pipeline.ledger.from_thread import Put
from llm_eval_pipeline.ledger.making import Maker
from llm_eval_pipeline.ledger.plan import Allowance, Plan, Price
from llm_eval_pipeline.ledger.progress import Progress
from llm_eval_pipeline.ledger.recording import Recorder
from llm_eval_pipeline.ledger.replays import Replays
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger

Clients = Mapping[str, ChatClient]
"""Who is asked, by the purpose of a call."""
BATCH = 250
"""Exchanges that are begun, and results that are handed on, at once."""
AHEAD = 32
"""So many times the calls under way may wait behind the oldest exchange that has not ended."""

log = logging.getLogger(__name__)


async def answer_all(
    exchanges: Iterable[Exchange[Result]],
    clients: Clients,
    planned: Plan,
    put: Put[list[Result]],
    *,
    ledger: Ledger,
    price: Price,
    rules: AskingRules,
) -> None:
    """Go through every exchange and put batches of results, in order; see ``Asker.stream``."""
    progress = Progress(total=planned.calls, replayed=planned.replayed, log=log)
    replays, limits = Replays(), {client.provider: AdaptiveLimit(rules.concurrency) for client in clients.values()}
    most_ahead = max(BATCH, AHEAD * rules.concurrency)
    async with _opened(clients.values()), Recorder(ledger) as recorder, _one_error(), asyncio.TaskGroup() as group:
        begun: _Begun[Result] = _Begun(
            finder=Finder(ledger),
            makers={
                purpose: Maker(
                    client=client,
                    rules=rules,
                    price=price,
                    limit=limits[client.provider],
                    recorder=recorder,
                    progress=progress,
                )
                for purpose, client in clients.items()
            },
            ledger=ledger,
            replays=replays,
            allowance=Allowance(planned, price, rules),
            group=group,
        )
        coming = iter(exchanges)
        while some := await asyncio.to_thread(lambda: list(islice(coming, BATCH))):
            await begun.begin(some)
            while len(begun) > most_ahead:
                await put(await begun.oldest())
        while len(begun):
            await put(await begun.oldest())
    await asyncio.to_thread(ledger.note, replays, rules.clock())
    progress.finish()


@dataclass(slots=True)
class _Waiting:
    """An exchange that was begun, and the task in which it goes on, if it could not end at once."""

    going: Going
    task: asyncio.Task[None] | None = None


@dataclass(slots=True, kw_only=True)
class _Begun(Generic[Result]):
    """The exchanges that were begun and not yet handed on, oldest first."""

    finder: Finder
    makers: Mapping[str, Maker]
    ledger: Ledger
    replays: Replays
    allowance: Allowance
    group: asyncio.TaskGroup
    waiting: deque[_Waiting] = field(default_factory=deque)
    under_way: dict[str, asyncio.Future[Answer | None]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.waiting)

    async def begin(self, some: Iterable[Exchange[Result]]) -> None:
        """Begin exchanges; each goes on at once as far as the ledger answers it, and then in a task of its own."""
        begun = [_Waiting(Going(exchange)) for exchange in some]
        self.waiting.extend(begun)
        while begun := [one for one in begun if one.task is None and not one.going.ended]:
            all_asked = [_keyed(one.going.asks) for one in begun]
            there = await self.finder.find([key for asks in all_asked for key, _ in asks])
            for one, asks in zip(begun, all_asked, strict=True):
                found = [there.get(key) for key, _ in asks]
                if None in found:
                    one.task = self.group.create_task(self._finish(one.going, asks, found))
                else:
                    one.going.go_on([await self._answer(*ask, answer) for ask, answer in zip(asks, found, strict=True)])

    async def oldest(self) -> list[Result]:
        """The results of the oldest batch, once all of it has ended."""
        batch = []
        for _ in range(min(BATCH, len(self.waiting))):
            one = self.waiting[0]
            if one.task is not None:
                await one.task
            batch.append(one.going.result)
            self.waiting.popleft()
        return batch

    async def _finish(self, going: Going, asks: list[_Keyed], found: list[Answer | None]) -> None:
        """Go through an exchange to its end, from what the ledger was found to hold of its first calls."""
        going.go_on(await self._answers(asks, found))
        while not going.ended:
            asks = _keyed(going.asks)
            found = await self._found(asks)
            going.go_on(await self._answers(asks, found))

    async def _found(self, asks: list[_Keyed]) -> list[Answer | None]:
        there = await self.finder.find([key for key, _ in asks])
        return [there.get(key) for key, _ in asks]

    async def _answers(self, asks: list[_Keyed], found: list[Answer | None]) -> list[Answer | None]:
        if len(asks) == 1:
            return [await self._answer(*asks[0], found[0])]
        async with asyncio.TaskGroup() as group:
            each = zip(asks, found, strict=True)
            tasks = [group.create_task(self._answer(*ask, answer)) for ask, answer in each]
        return [task.result() for task in tasks]

    async def _answer(self, key: str, ask: Call | Extra, found: Answer | None) -> Answer | None:
        """The recorded answer, or else one that is made now; a call that is under way is not made twice."""
        call = ask.call if isinstance(ask, Extra) else ask
        if found is not None:
            self.replays.count(call, found)
            return found
        if key in self.under_way:
            return await self.under_way[key]
        self.under_way[key] = made = asyncio.get_running_loop().create_future()
        try:
            answer = await self._made(key, call, is_extra=isinstance(ask, Extra))
            made.set_result(answer)
            return answer
        finally:
            made.cancel()  # for those who wait, if it could not be made; all ends then
            del self.under_way[key]

    async def _made(self, key: str, call: Call, *, is_extra: bool) -> Answer | None:
        """The answer of a call that is made now, or the recorded failure of one that may not be made."""
        maker = self.makers[call.purpose]
        if is_barred(call, maker.client, maker.rules):
            failures = await asyncio.to_thread(self.ledger.failures, [key])
            if key in failures:
                return failures[key].answer(key, call)
            refused = Refused(maker.rules)
            refused.count([call])
            refused.complain()
        if is_extra:
            if not self.allowance.covers(call):
                return None
            maker.progress.total += 1
        return await maker.make(key, call)


_Keyed = tuple[str, Call | Extra]


def _keyed(asks: Asks) -> list[_Keyed]:
    return [(ask.call.key if isinstance(ask, Extra) else ask.key, ask) for ask in asks]


@asynccontextmanager
async def _opened(clients: Iterable[ChatClient]) -> AsyncIterator[None]:
    """The connections of those clients that have any, each opened once."""
    async with AsyncExitStack() as stack:
        for client in {id(client): client for client in clients}.values():
            if isinstance(client, AbstractAsyncContextManager):
                await stack.enter_async_context(client)
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
