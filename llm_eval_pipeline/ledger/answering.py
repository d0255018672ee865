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
from llm_eval_pipeline.ledger.calls import Answer, Call, failed_answer
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
    begun.allowance.complain()


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
    failed: dict[str, Answer] = field(default_factory=dict)

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
                if all(key in there for key, _ in asks):
                    one.going.go_on([self._replayed(ask, there[key]) for key, ask in asks])
                else:
                    one.task = self.group.create_task(self._finish(one.going))

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

    async def _finish(self, going: Going) -> None:
        """Go through an exchange to its end."""
        while not going.ended:
            asks = _keyed(going.asks)
            if len(asks) == 1:
                going.go_on([await self._answer(*asks[0])])
                continue
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._answer(*ask)) for ask in asks]
            going.go_on([task.result() for task in tasks])

    async def _answer(self, key: str, ask: Call | Extra) -> Answer | None:
        """The recorded answer, or else one that is made now; a call that is under way is not made twice.

        The call counts as under way before it is looked up. A look-up that began while another was still being made
        would know nothing of its answer.
        """
        while (other := self.under_way.get(key)) is not None:
            answer = await asyncio.shield(other)
            if answer is not None or isinstance(ask, Extra):
                return answer
        if key in self.failed:  # for good: not once more for each that asks the same
            return self.failed[key]
        self.under_way[key] = own = asyncio.get_running_loop().create_future()
        try:
            found = (await self.finder.find([key])).get(key)
            answer = await self._made(key, ask) if found is None else self._replayed(ask, found)
            if answer is not None and answer.response is None:
                self.failed[key] = answer
            own.set_result(answer)
            return answer
        finally:
            own.cancel()  # for those who wait, if it could not be made; all ends then
            del self.under_way[key]

    def _replayed(self, ask: Call | Extra, found: Answer) -> Answer:
        self.replays.count(_call(ask), found)
        return found

    async def _made(self, key: str, ask: Call | Extra) -> Answer | None:
        """The answer of a call that is made now, or the recorded failure of one that may not be made."""
        call = _call(ask)
        maker = self.makers[call.purpose]
        if isinstance(ask, Extra):
            if not self.allowance.covers(call):
                return None
            maker.progress.total += 1
        if is_barred(call, maker.client, maker.rules):
            failures = await asyncio.to_thread(self.ledger.failures, [key])
            if key in failures:
                return failures[key].answer(key, call)
            refused = Refused(maker.rules)
            refused.count([call])
            refused.complain()
        if not isinstance(ask, Extra) and not self.allowance.takes(call):
            return failed_answer(key, call, "the budget is used up", maker.rules.clock())
        return await maker.make(key, call)


def _call(ask: Call | Extra) -> Call:
    return ask.call if isinstance(ask, Extra) else ask


def _keyed(asks: Asks) -> list[tuple[str, Call | Extra]]:
    return [(_call(ask).key, ask) for ask in asks]


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
