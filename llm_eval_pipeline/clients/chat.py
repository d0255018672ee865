"""The seam to every model: one request in, one response out.

Belongs here: the values that cross the seam and the Protocol that each client keeps. Does not belong here: how a
client reaches its model (one file per client), when it is asked (``ledger/``), or what an answer is worth
(``evaluation/``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

UNLIMITED_OUTPUT = 1024
"""Tokens that a request without a limit is reckoned to be answered with; an API that demands a limit is given this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a conversation, as every chat API has it."""

    role: str
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """What is asked of a model.

    ``as_of`` is the instant that the question is about (aware UTC). Only a client whose model is a function of the
    date reads it; an endpoint answers as it is today.
    """

    model: str
    messages: tuple[Message, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenUsage:
    """Tokens that one call was billed for.

    ``input_tokens`` includes ``cached_input_tokens`` and ``cache_write_tokens``; ``output_tokens`` includes
    ``reasoning_tokens`` (the convention of OpenAI's API and of OpenTelemetry). A client whose API counts otherwise
    converts.
    """

    input_tokens: int
    output_tokens: int
    cached_input_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatResponse:
    """What a model answered.

    ``latency_ms`` is the time of the attempt that succeeded, without any wait before it. ``usage`` is None when whoever
    answered does not count tokens, and ``time_to_first_token_ms`` when the answer did not come as a stream.
    """

    output: str
    model_resolved: str
    finish_reason: str
    usage: TokenUsage | None
    latency_ms: float
    system_fingerprint: str | None = None
    time_to_first_token_ms: float | None = None


class ChatError(Exception):
    """A call that failed for good, after its last attempt. Its text names the model and what to do."""


class RetryLaterError(ChatError):
    """An attempt that may succeed later: a 429, a 5xx, a lost connection, a time-out.

    ``retry_after_s`` is what the endpoint asked for, or None. ``throttled`` says that it asked for fewer calls.
    """

    def __init__(self, message: str, *, retry_after_s: float | None = None, throttled: bool = False) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.throttled = throttled


class ChatClient(Protocol):
    """Anything that answers a :class:`ChatRequest`.

    ``provider`` is part of a call's identity in the ledger. ``dated`` says that the model is a function of
    ``as_of``, so that a week that ended long ago can still be asked truthfully.
    """

    @property
    def provider(self) -> str:
        """A short name of who answers and where, such as ``sample`` or ``openai-compatible:api.openai.com/v1``."""
        ...

    @property
    def dated(self) -> bool:
        """Whether an answer depends on ``as_of`` and on nothing else that changes with time."""
        ...

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer one request.

        Raises:
            ChatError: when there is no answer to be had.
        """
        ...
