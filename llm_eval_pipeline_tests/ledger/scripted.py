"""A model that says what a test wants, a ledger that is late, and calls."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa

from llm_eval_pipeline.clients.chat import (
    ChatRequest,
    ChatResponse,
    Message,
    TokenUsage,
)
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.ledger.tables import FAILURES

WEEK = "2026-03-30"
DUE = datetime(2026, 4, 6, tzinfo=UTC)
"""The end of the week."""
SOON = DUE + timedelta(hours=6)
LATE = DUE + timedelta(days=7)


class ScriptedModel:
    """Answers each call with the next outcome, and with its own number when the script is over.

    The clock moves on by a minute with each call.
    """

    provider = "scripted"

    def __init__(self, clock, *outcomes, dated=False):
        self.dated = dated
        self.asked = []
        self._clock = clock
        self._outcomes = list(outcomes)

    async def complete(self, request):
        self.asked.append(request)
        self._clock.advance(timedelta(minutes=1))
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if outcome is not None:
            raise outcome
        number = len(self.asked)
        return ChatResponse(
            output=f"answer {number}",
            model_resolved=request.model,
            finish_reason="stop",
            usage=TokenUsage(input_tokens=2, output_tokens=number),
            latency_ms=100.0 * number,
        )


class LateFinding(Ledger):
    """Look-ups whose results come so late that calls have ended meanwhile."""

    def lookup(self, keys):
        found = super().lookup(keys)
        time.sleep(0.02)
        return found


def call(prompt="what?", **changes):
    request = ChatRequest(model="m", messages=(Message(role="user", content=prompt),), params={"max_tokens": 10})
    whole = Call(
        request=request,
        provider="scripted",
        purpose="generation",
        occasion=WEEK,
        label=f"example {prompt}",
        due=DUE,
    )
    return replace(whole, **changes)


def cent_per_token(_model, usage, _at):
    return Decimal("0.01") * (usage.input_tokens + usage.output_tokens)


def no_price(_model, _usage, _at):
    return None


def ruled(asker, **rules):
    return replace(asker, rules=replace(asker.rules, **rules))


def only(answers):
    (answer,) = answers.values()
    return answer


def failures(ledger):
    engine = sa.create_engine(ledger.url)
    with engine.connect() as connection:
        rows = list(connection.execute(sa.select(FAILURES)).mappings())
    engine.dispose()
    return rows
