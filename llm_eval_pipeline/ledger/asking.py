"""Ask each call once: replay what the ledger holds, make only the calls that are missing, record before use.

An answer is handed on only after the ledger has it, so a crash loses no more than the calls that were in flight.
Time spent waiting for a place or after a 429 is no part of a call's latency.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from llm_eval_pipeline.clients.chat import ChatClient, ChatError, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.clock import Clock, system_clock
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit
from llm_eval_pipeline.ledger.plan import plan, refuse_over_budget
from llm_eval_pipeline.ledger.progress import Progress
from llm_eval_pipeline.ledger.store import Ledger

Price = Callable[[str, TokenUsage, datetime], Decimal | None]
"""What a call cost in USD; None when the model has no price."""

log = logging.getLogger(__name__)


class MissingAnswerError(LookupError):
    """In replay mode, or for a week that ended long ago, the ledger has no answer. The text names the example."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingRules:
    """How calls are made, and when they are not.

    ``attempts`` counts the first one. ``backoff_s`` is the wait after the first failure; it doubles each time, with
    full jitter, and the endpoint's own ``Retry-After`` goes before it.
    """

    mode: str = "live"
    allow_late: bool = False
    concurrency: int = 64
    attempts: int = 6
    backoff_s: float = 0.5
    longest_wait_s: float = 60.0
    budget_usd: Decimal | None = None
    clock: Clock = field(default=system_clock)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Everything that answering a call takes, but the model: the ledger, the prices, the rules."""

    ledger: Ledger
    price: Price
    rules: AskingRules

    def ask(self, calls: Sequence[Call], client: ChatClient) -> dict[str, Answer]:
        """Answer every call, from the ledger where it can and from the client where it must.

        Returns:
            The answers by key of call. A call that failed for good has an answer with ``error`` and no response. It
            is made again the next time, unless it may not be made: then its recorded failure is handed on.

        Raises:
            MissingAnswerError: when neither an answer nor a failure is recorded and the call may not be made: in
                replay mode; in live mode about a week that ended long ago, unless the client is dated or late calls
                are allowed.
            OverBudgetError: before the first call, when the missing ones would cost more than the budget.
        """
        keys = {call.key: call for call in calls}
        answers = self.ledger.lookup(keys)
        missing = {key: call for key, call in keys.items() if key not in answers}
        if not missing:
            return answers
        barred = _barred(missing, client, self.rules)
        failed = self._recorded_failures(barred)
        _refuse({key: call for key, call in barred.items() if key not in failed}, self.rules)
        answers |= failed
        missing = {key: call for key, call in missing.items() if key not in failed}
        if not missing:
            return answers
        if self.rules.budget_usd is not None:
            refuse_over_budget(plan(list(missing.values()), self.price, self.rules.clock()), self.rules.budget_usd)
        progress = Progress(total=len(missing), replayed=len(answers), log=log)
        made = asyncio.run(_ask_all(missing, client, self, progress))
        progress.finish()
        return answers | made

    def _recorded_failures(self, calls: Mapping[str, Call]) -> dict[str, Answer]:
        return {
            key: Answer(
                key=key,
                response=None,
                error=failure.error,
                called_at=failure.called_at,
                cost_usd=None,
                called_late=calls[key].is_late(failure.called_at),
                replayed=True,
            )
            for key, failure in self.ledger.failures(calls).items()
        }


def _barred(missing: Mapping[str, Call], client: ChatClient, rules: AskingRules) -> Mapping[str, Call]:
    """The calls that may not be made."""
    if rules.mode == "replay":
        return missing
    if client.dated or rules.allow_late:
        return {}
    now = rules.clock()
    return {key: call for key, call in missing.items() if call.is_late(now)}


def _refuse(missing: Mapping[str, Call], rules: AskingRules) -> None:
    """Raise when calls are missing that may not be made."""
    if not missing:
        return
    first = next(iter(missing.values()))
    what = f"{len(missing)} answers are missing from the ledger, the first for {first.label} ({first.occasion})"
    if rules.mode == "replay":
        raise MissingAnswerError(f"{what}; replay mode asks nobody: set LLM_EVAL_MODE=live to make the calls")
    raise MissingAnswerError(
        f"{what}. The window {first.occasion} ended long ago, and {first.request.model} answers as it is today: set "
        "LLM_EVAL_ALLOW_LATE=true to ask it all the same; the rows are then marked called_late"
    )


async def _ask_all(
    missing: Mapping[str, Call], client: ChatClient, asker: Asker, progress: Progress
) -> dict[str, Answer]:
    rules, limit = asker.rules, AdaptiveLimit(asker.rules.concurrency)
    todo = iter(missing.items())
    answered: asyncio.Queue[tuple[Call, Answer, asyncio.Event]] = asyncio.Queue()
    made: dict[str, Answer] = {}

    async def work() -> None:
        for key, call in todo:
            recorded = asyncio.Event()
            answered.put_nowait((call, await _answer(key, call, client, asker, limit), recorded))
            await recorded.wait()

    async def record() -> None:
        while len(made) < len(missing):
            batch = [await answered.get()]
            while not answered.empty():
                batch.append(answered.get_nowait())
            standing = await asyncio.to_thread(asker.ledger.append, [(call, answer) for call, answer, _ in batch])
            for _, answer, recorded in batch:
                made[answer.key] = standing[answer.key]
                progress.count(failed=answer.response is None, cost_usd=answer.cost_usd)
                recorded.set()

    async with AsyncExitStack() as stack, asyncio.TaskGroup() as group:
        if isinstance(client, AbstractAsyncContextManager):
            await stack.enter_async_context(client)
        group.create_task(record())
        for _ in range(min(rules.concurrency, len(missing))):
            group.create_task(work())
    return made


async def _answer(key: str, call: Call, client: ChatClient, asker: Asker, limit: AdaptiveLimit) -> Answer:
    rules = asker.rules
    response: ChatResponse | None = None
    error: str | None = None
    for attempt in range(rules.attempts):
        called_at = rules.clock()
        try:
            async with limit.slot() as began:
                called_at = rules.clock()
                response = await client.complete(call.request)
            await limit.answered()
            error = None
            break
        except RetryLaterError as failure:
            error = f"{failure} (attempt {attempt + 1} of {rules.attempts})"
            wait = failure.retry_after_s
            if wait is None:
                wait = random.uniform(0, rules.backoff_s * 2**attempt)
            wait = min(wait, rules.longest_wait_s)
            if failure.throttled:
                limit.throttled(wait, began)
            elif attempt + 1 < rules.attempts:
                await asyncio.sleep(wait)
        except ChatError as failure:
            error = str(failure)
            break
    return Answer(
        key=key,
        response=response,
        error=error,
        called_at=called_at,
        cost_usd=None if response is None else asker.price(call.request.model, response.usage, called_at),
        called_late=call.is_late(called_at),
        replayed=False,
    )
