"""Any endpoint that speaks OpenAI's chat completions API over HTTP."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from pydantic import BaseModel, Field, SecretStr, ValidationError, model_validator

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.clock import system_clock

_RETRYABLE = {408, 409, 425, 429, 500, 502, 503, 504, 529}


class _Details(BaseModel):
    cached_tokens: int | None = Field(0, ge=0)
    reasoning_tokens: int | None = Field(0, ge=0)


class _Usage(BaseModel):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(0, ge=0)
    prompt_tokens_details: _Details | None = None
    completion_tokens_details: _Details | None = None

    @property
    def cached_tokens(self) -> int:
        return (self.prompt_tokens_details or _Details()).cached_tokens or 0

    @model_validator(mode="after")
    def _parts_fit(self) -> _Usage:
        if self.cached_tokens > self.prompt_tokens:
            raise ValueError(f"{self.cached_tokens} cached tokens of {self.prompt_tokens} prompt tokens")
        return self


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Completion(BaseModel):
    model: str
    choices: list[_Choice] = Field(min_length=1)
    usage: _Usage
    system_fingerprint: str | None = None


class OpenAICompatibleClient:
    """One pooled HTTP client for one endpoint.

    Args:
        base_url: up to and with the version, such as ``https://api.openai.com/v1``.
        api_key: sent as a bearer token; empty for endpoints that ask for none.
        timeout_s: the longest one attempt may take, in seconds.
    """

    dated = False

    def __init__(self, base_url: str, api_key: SecretStr, timeout_s: float = 120.0) -> None:
        self.provider = _provider(base_url)
        self._url = f"{base_url.rstrip('/')}/chat/completions"
        self._key = api_key
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> OpenAICompatibleClient:
        """Open the pool."""
        headers = {"Authorization": f"Bearer {self._key.get_secret_value()}"} if self._key.get_secret_value() else {}
        self._session = aiohttp.ClientSession(
            timeout=self._timeout, headers=headers, connector=aiohttp.TCPConnector(limit=0)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer one request over HTTP.

        Raises:
            RetryLaterError: on 429, 5xx, a lost connection or a time-out.
            ChatError: on any other status, and on a body that is no completion.
        """
        assert self._session is not None, "enter the client before calling it"
        body = {
            **request.params,
            "model": request.model,
            "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        }
        started = time.perf_counter()
        try:
            async with self._session.post(self._url, json=body) as reply:
                payload = await reply.read()
                latency_ms = (time.perf_counter() - started) * 1000
                if reply.status != 200:
                    raise _failure(request.model, reply.status, self._without_key(payload), reply.headers)
        except (TimeoutError, aiohttp.ClientError) as error:
            reason = "no answer in time" if isinstance(error, asyncio.TimeoutError) else f"connection lost: {error}"
            raise RetryLaterError(f"{request.model} at {self.provider}: {reason}") from error
        return _parse(request.model, payload, latency_ms)

    def _without_key(self, payload: bytes) -> str:
        """The beginning of an error's body; some gateways repeat the key that they refuse."""
        text, key = payload.decode("utf-8", "replace"), self._key.get_secret_value()
        return (text.replace(key, "[key]") if key else text)[:300]


def _provider(base_url: str) -> str:
    """Name the endpoint, since two endpoints may serve different models under one name; without its secrets."""
    parts = urlsplit(base_url)
    host = parts.netloc.rpartition("@")[2].lower()
    return f"openai-compatible:{host}{parts.path.rstrip('/')}"


def _failure(model: str, status: int, text: str, headers: Mapping[str, str]) -> ChatError:
    message = f"{model}: the endpoint answered {status}: {text}"
    if status in _RETRYABLE:
        return RetryLaterError(message, retry_after_s=_retry_after(headers), throttled=status == 429)
    return ChatError(message)


def _retry_after(headers: Mapping[str, str]) -> float | None:
    value = headers.get("Retry-After", "").strip()
    if not value:
        return None
    try:
        return max(0.0, float(value))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(value) - system_clock()).total_seconds())
    except (ValueError, TypeError):
        return None


def _parse(model: str, payload: bytes, latency_ms: float) -> ChatResponse:
    try:
        completion = _Completion.model_validate_json(payload)
    except ValidationError as error:
        first: Any = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise ChatError(f"{model}: the endpoint's answer is no chat completion ({where}: {first['msg']})") from error
    choice, usage = completion.choices[0], completion.usage
    return ChatResponse(
        output=choice.message.content or choice.message.refusal or "",
        model_resolved=completion.model,
        finish_reason=choice.finish_reason or "unknown",
        usage=TokenUsage(
            input_tokens=usage.prompt_tokens,
            output_tokens=usage.completion_tokens,
            cached_input_tokens=usage.cached_tokens,
            reasoning_tokens=(usage.completion_tokens_details or _Details()).reasoning_tokens or 0,
        ),
        latency_ms=latency_ms,
        system_fingerprint=completion.system_fingerprint,
    )
