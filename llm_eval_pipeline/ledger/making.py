"""Making one call: its attempts, the waits between them, and the answer that is recorded before it is used.

A place among the calls under way is held from the start of an attempt until its answer is durable, so a crash repeats
no more calls than may be under way. Time spent waiting, for a place or because the endpoint said so, is no part of a
call's latency, and holds no place.
"""

from __future__ import annotations

import asyncio
import math
import random
import re
from dataclasses import dataclass, replace
from datetime import datetime

from llm_eval_pipeline.clients.chat import ChatClient, ChatError, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.ledger.calls import Answer, Call, failed_answer
from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit
from llm_eval_pipeline.ledger.plan import Price
from llm_eval_pipeline.ledger.progress import Progress
from llm_eval_pipeline.ledger.recording import Recorder
from llm_eval_pipeline.ledger.rules import AskingRules

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
            async with self.limit.slot(again=failed + refused > 0) as began:
                called_at = self.rules.clock()
                try:
                    response = _storable(await self.client.complete(call.request), call.request.model)
                except RetryLaterError as failure:
                    failed, refused = failed + (not failure.throttled), refused + failure.throttled
                    wait = _wait(failure, failed + refused, self.rules)
                    last = _last_words(failure, wait, failed, refused, self.rules)
                    if failure.throttled:  # a wait that nobody is ready for holds up nobody else either
                        self.limit.throttled(wait if last is None else 0.0, began)
                    if last is not None:
                        return await self._record(call, failed_answer(key, call, last, called_at))
                except ChatError as failure:
                    return await self._record(call, failed_answer(key, call, str(failure), called_at))
                else:
                    self.limit.answered(began)
                    return await self._record(call, self._answer(key, call, response, called_at))
            await asyncio.sleep(wait)

    def _answer(self, key: str, call: Call, response: ChatResponse, called_at: datetime) -> Answer:
        usage = response.usage
        return Answer(
            key=key,
            response=response,
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


def _storable(response: ChatResponse, model: str) -> ChatResponse:
    """A response as the ledger can hold it.

    A lone surrogate is no character and no file can hold it; it becomes the sign for what cannot be shown.

    Raises:
        ChatError: when a field has a type that a response does not have, as a callable's may.
    """
    texts = (response.output, response.model_resolved, response.finish_reason)
    is_sound = (
        all(isinstance(text, str) for text in texts)
        and isinstance(response.usage, TokenUsage | None)
        and isinstance(response.latency_ms, int | float)
        and math.isfinite(response.latency_ms)
    )
    if not is_sound:
        raise ChatError(f"{model}: the answer is no ChatResponse as its fields say: {str(response)[:300]}")
    if not any(_SURROGATE.search(text) for text in texts):
        return response
    output, resolved, finish_reason = (_SURROGATE.sub("\ufffd", text) for text in texts)
    return replace(response, output=output, model_resolved=resolved, finish_reason=finish_reason)
