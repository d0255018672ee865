"""What an endpoint's trouble means: may the call be made again, when, and in which words it is told.

Belongs here: HTTP statuses, the headers that say when to come back, and the error objects that endpoints put into
bodies, into streams and under a 200. Does not belong here: who makes the call again (``ledger/``).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import orjson

from llm_eval_pipeline.clients.chat import ChatError, RetryLaterError
from llm_eval_pipeline.clients.clock import system_clock

Quote = Callable[[str], str]
"""Text of the endpoint's, without secrets."""
THROTTLED = frozenset({429, 529})
"""Too many requests, and Anthropic's "overloaded": both ask for fewer calls."""
_PASSING = frozenset({408, 409, 425, *THROTTLED})
_NEVER = frozenset({501, 505})
"""Not implemented, and an HTTP version that is not spoken: no wait helps."""
_PASSING_WORDS = {
    **dict.fromkeys(("rate_limit_exceeded", "rate_limit_error", "overloaded_error", "overloaded", "throttled"), True),
    **dict.fromkeys(("server_error", "internal_error", "internal_server_error", "api_error", "timeout"), False),
    **dict.fromkeys(("timeout_error", "service_unavailable", "bad_gateway", "gateway_timeout"), False),
}
"""Types and codes of errors that pass, and whether they ask for fewer calls."""
_SPENT_WORDS = frozenset({"insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "billing_error"})
"""OpenAI answers 429 when the money is gone; waiting brings none."""
_LONGEST_MESSAGE = 300


def refused(who: str, status: int, text: str, headers: Mapping[str, str]) -> ChatError:
    """The error for an answer with this status, ``text`` being the beginning of its body without any secret."""
    message = f"{who}: the endpoint answered {status}: {text[:_LONGEST_MESSAGE]}"
    if _may_pass(status, text, headers.get("x-should-retry", "")):
        return RetryLaterError(message, retry_after_s=retry_after_s(headers), throttled=status in THROTTLED)
    return ChatError(message)


def redirected(who: str, status: int, location: str, quoted: Quote) -> ChatError:
    """The error for an endpoint that points to another; the path and the query of ``location`` may hold a secret."""
    try:
        host = quoted(urlsplit(location).netloc.rpartition("@")[2])
    except ValueError:
        host = ""
    where = f"to {host}" if host else "elsewhere"
    return ChatError(
        f"{who}: the endpoint answered {status} and points {where}; prompts and keys are not sent on, so set the "
        "endpoint to where it is now"
    )


def lost(who: str, error: Exception, quoted: Quote) -> ChatError:
    """The error for an answer that did not come, or not to its end."""
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return ChatError(f"{who}: the endpoint's certificate is not to be trusted: {error}")
    if isinstance(error, TimeoutError):
        return RetryLaterError(f"{who}: no answer in time")
    if isinstance(error, aiohttp.ClientResponseError):
        return RetryLaterError(f"{who}: the answer is no HTTP ({error.message.splitlines()[0]})")
    return RetryLaterError(f"{who}: connection lost: {quoted(str(error))}")


def cause_of(error: Exception) -> Exception | None:
    """What to raise from: not from an error whose text has the whole address, secrets of its query included."""
    return None if isinstance(error, aiohttp.ClientResponseError) else error


def told(who: str, error: Mapping[str, Any], quoted: Quote) -> ChatError:
    """The error that an endpoint told under a 200, or in the midst of a stream; ``error`` is what it said of it.

    Args:
        error: ``message``, ``type`` and ``code``, as far as they are there; a code may be an HTTP status.
        quoted: takes secrets out of what is quoted.
    """
    words = [str(error[name]) for name in ("type", "code") if error.get(name) not in (None, "")]
    said = quoted(str(error.get("message") or "it does not say what"))[:_LONGEST_MESSAGE]
    kind = quoted(", ".join(words) or "of no type")[:_LONGEST_MESSAGE]
    message = f"{who}: the endpoint answered with an error ({kind}): {said}"
    status = next((int(word) for word in words if word.isascii() and word.isdigit()), 0)
    passing = [word for word in words if word in _PASSING_WORDS]
    if not _SPENT_WORDS.intersection(words) and (passing or _passes(status)):
        throttled = status in THROTTLED or any(_PASSING_WORDS[word] for word in passing)
        return RetryLaterError(message, throttled=throttled)
    return ChatError(message)


def error_object(body: Any) -> Mapping[str, Any] | None:
    """What a body says of an error, in the shapes that are about; None when it tells of none.

    ``{"error": {...}}`` (OpenAI, Anthropic), ``{"error": "text"}`` (Ollama), ``{"object": "error", ...}`` (vLLM).
    """
    if not isinstance(body, dict):
        return None
    if body.get("object") == "error":
        return body
    error = body.get("error")
    if isinstance(error, dict):
        return error
    return {"message": error} if isinstance(error, str) and error else None


def error_in(payload: bytes | str) -> Mapping[str, Any] | None:
    """As :func:`error_object`, of a body as it came."""
    try:
        return error_object(orjson.loads(payload))
    except orjson.JSONDecodeError:
        return None


def retry_after_s(headers: Mapping[str, str]) -> float | None:
    """How long to wait, in seconds: ``retry-after-ms``, or ``Retry-After``, which is in seconds or a date."""
    if (wait := _number(headers.get("retry-after-ms", ""))) is not None:
        return wait / 1000
    value = headers.get("Retry-After", "").strip()
    if (wait := _number(value)) is not None or not value:
        return wait
    try:
        return max(0.0, (parsedate_to_datetime(value) - system_clock()).total_seconds())
    except (ValueError, TypeError):
        return None


def _may_pass(status: int, text: str, should_retry: str) -> bool:
    """By status, but for two that know better: the endpoint's own ``x-should-retry``, and money that is gone."""
    if should_retry in ("true", "false"):
        return should_retry == "true"
    error = error_in(text) or {} if status in THROTTLED else {}
    return _passes(status) and _SPENT_WORDS.isdisjoint(str(error.get(name)) for name in ("type", "code"))


def _passes(status: int) -> bool:
    return status in _PASSING or (500 <= status < 600 and status not in _NEVER)


def _number(value: str) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None
