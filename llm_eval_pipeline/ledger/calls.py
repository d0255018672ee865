"""What a call is, and what makes two calls the same one."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import orjson

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse

LATE_AFTER = timedelta(days=7)
"""A call made this long after its window ended describes today, not the window."""
REEVALUATION = "reevaluate/"
"""How the occasions begin on which the canary is asked once more, outside of every window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call that somebody wants answered.

    ``occasion`` is the window that is observed (a week's key) or the candidate that is tried: the same question on
    another occasion is another call. ``due`` is the instant at which the observed window ends. ``label`` names the
    row that asked, for messages to people. Neither ``due``, ``label``, ``purpose`` nor ``feature`` is part of the
    call's identity, its ``key``: SHA-256 over provider, model, parameters, messages, repetition and occasion, in hex.
    """

    request: ChatRequest
    provider: str
    purpose: str
    occasion: str
    label: str
    due: datetime | None = None
    feature: str = ""
    repetition: int = 0
    key: str = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        """Reckon the key, once."""
        identity = {
            "provider": self.provider,
            "model": self.request.model,
            "params": dict(self.request.params),
            "messages": [[m.role, m.content] for m in self.request.messages],
            "repetition": self.repetition,
            "occasion": self.occasion,
        }
        key = hashlib.sha256(orjson.dumps(identity, option=orjson.OPT_SORT_KEYS)).hexdigest()
        object.__setattr__(self, "key", key)

    def is_late(self, now: datetime) -> bool:
        """Whether an answer given ``now`` comes long after the window that it is meant to describe."""
        return self.due is not None and now >= self.due + LATE_AFTER


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the ledger holds for a call: a response, or the reason why there is none.

    ``called_at`` and ``cost_usd`` belong to the call that was really made. ``replayed`` says that this time nobody
    was asked. ``called_late`` says that the call was made long after the window that it describes.
    """

    key: str
    response: ChatResponse | None
    error: str | None
    called_at: datetime
    cost_usd: Decimal | None
    called_late: bool
    replayed: bool


def failed_answer(key: str, call: Call, error: str, called_at: datetime) -> Answer:
    """The answer of a call that was made and has none."""
    return Answer(
        key=key,
        response=None,
        error=error,
        called_at=called_at,
        cost_usd=None,
        called_late=call.is_late(called_at),
        replayed=False,
    )
