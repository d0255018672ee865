"""Making one call: its attempts, the waits between them, and the answer that is recorded before it is used.

A place among the calls under way is held from the start of an attempt until its answer is durable, so a crash repeats
no more calls than may be under way. Time spent waiting, for a place or because the endpoint said so, is no part of a
call's latency, and holds no place.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from llm_eval_pipeline.clients.chat import ChatClient, ChatError, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit
from llm_eval_pipeline.ledger.progress import Progress
from llm_eval_pipeline.ledger.recording import Recorder
from llm_eval_pipeline.ledger.rules import AskingRules

Price = Callable[[str, TokenUsage, datetime], Decimal | None]
"""What a call cost in USD; None when the model has no price."""

_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """What making a call takes."""

    client: ChatClient
    rules: AskingRules
    price: Price
    limit: AdaptiveLimit
    recorder: Recorder
    progress: Progress

    async def make(self, key: str, call: Call) -> Answer:
        """Ask until there is an answer or no attempt left, and record how it ended."""
        failed = refused = 0
        while True:
            async with self.limit.slot() as began:
                called_at = self.rules.clock()
                try:
                    response = await self.client.complete(call.request)
                except RetryLaterError as failure:
                    failed, refused = failed + (not failure.throttled), refused + failure.throttled
                    wait = _wait(failure, failed + refused, self.rules)
                    if failure.throttled:
                        self.limit.throttled(wait, began)
                    if (last := _last_words(failure, wait, failed, refused, self.rules)) is not None:
                        return await self._record(call, _failure(key, call, last, called_at))
                except ChatError as failure:
                    return await self._record(call, _failure(key, call, str(failure), called_at))
                else:
                    self.limit.answered()
                    return await self._record(call, self._answer(key, call, response, called_at))
            await asyncio.sleep(wait)

    def _answer(self, key: str, call: Call, response: ChatResponse, called_at: datetime) -> Answer:
        usage = response.usage
        return Answer(
            key=key,
            response=_writable(response),
            error=None,
            called_at=called_at,
            cost_usd=None if usage is None else self.price(call.request.model, usage, called_at),
            called_late=call.is_late(called_at),
            replayed=False,
        )

    async def _record(self, call: Call, answer: Answer) -> Answer:
        standing = await self.recorder.record(call, answer)
        self.progress.count(failed=answer.response is None, cost_usd=answer.cost_usd)
        return standing


def _wait(failure: RetryLaterError, tries: int, rules: AskingRules) -> float:
    """The endpoint's own word on when to come back, or else exponential back-off with full jitter."""
    if failure.retry_after_s is not None:
        return failure.retry_after_s
    return min(rules.longest_wait_s, random.uniform(0, rules.backoff_s * 2 ** (tries - 1)))


def _last_words(failure: RetryLaterError, wait: float, failed: int, refused: int, rules: AskingRules) -> str | None:
    """Why there is no next attempt; None when there is one."""
    if failed >= rules.attempts:
        return f"{failure} (attempt {failed} of {rules.attempts})"
    if refused >= rules.refusals:
        return f"{failure} (refused {refused} times)"
    if wait > rules.longest_wait_s:
        return f"{failure} (it asks to come back in {wait:.0f} s; the longest wait is {rules.longest_wait_s:.0f} s)"
    return None


def _failure(key: str, call: Call, error: str, called_at: datetime) -> Answer:
    return Answer(
        key=key,
        response=None,
        error=error,
        called_at=called_at,
        cost_usd=None,
        called_late=call.is_late(called_at),
        replayed=False,
    )


def _writable(response: ChatResponse) -> ChatResponse:
    """A lone surrogate is no character and no file can hold it; it becomes the sign for what cannot be shown."""
    if not _SURROGATE.search(response.output):
        return response
    return replace(response, output=_SURROGATE.sub("\ufffd", response.output))
