"""Any endpoint that speaks Anthropic's Messages API over HTTP."""

from __future__ import annotations

from contextlib import aclosing
from typing import Any

from pydantic import SecretStr

from llm_eval_pipeline.clients.anthropic_replies import AnswerInEvents, is_last, token_counter, whole_answer
from llm_eval_pipeline.clients.chat import UNLIMITED_OUTPUT, ChatRequest, ChatResponse
from llm_eval_pipeline.clients.endpoint import Endpoint, OverEndpoint

VERSION = "2023-06-01"
"""Of the API, as its header wants it; the one that is current since that day."""
_SYSTEM = ("system", "developer")


class AnthropicClient(OverEndpoint):
    """One pooled HTTP client for one endpoint.

    Args:
        base_url: of the API, with or without its ``/v1``, such as ``https://api.anthropic.com``.
        api_key: sent as ``x-api-key``; empty for gateways that ask for none.
        timeout_s: the longest one attempt may take, in seconds.
        stream: have answers streamed, so that the time to the first token is known.

    Raises:
        EndpointError: when address or key cannot be used.
    """

    dated = False

    def __init__(self, base_url: str, api_key: SecretStr, timeout_s: float = 120.0, *, stream: bool = False) -> None:
        self._endpoint = Endpoint(
            base_url,
            "/messages",
            api_key,
            timeout_s,
            version="/v1",
            key_header=("x-api-key", ""),
            headers={"anthropic-version": VERSION},
        )
        self._stream = stream
        self._counter = token_counter()
        self.provider = f"anthropic:{self._endpoint.name}"

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer one request over HTTP.

        Raises:
            RetryLaterError: on 429, 529, 5xx, a lost connection, a stream that breaks off, or a time-out.
            ChatError: on any other status, and on a body that is no message.
        """
        who, body = request.model, _body(request)
        if not self._stream:
            payload, latency_ms = await self._endpoint.post(who, body)
            return whole_answer(who, payload, latency_ms, self._endpoint.quoted, self._counter)
        answer = AnswerInEvents(who, self._endpoint.quoted, self._counter)
        async with aclosing(self._endpoint.events(who, {**body, "stream": True}, is_last)) as events:
            async for event in events:
                answer.add(event)
        return answer.response()


def _body(request: ChatRequest) -> dict[str, Any]:
    """What is posted: the system's messages stand apart here, and some parameters have other names."""
    params = dict(request.params)
    if (stop := params.pop("stop", None)) is not None:
        params["stop_sequences"] = [stop] if isinstance(stop, str) else stop
    limit = params.pop("max_completion_tokens", None)
    params["max_tokens"] = params.get("max_tokens") or limit or UNLIMITED_OUTPUT
    if system := "\n\n".join(message.content for message in request.messages if message.role in _SYSTEM):
        params["system"] = system
    return {
        **params,
        "model": request.model,
        "messages": [message for message in request.messages if message.role not in _SYSTEM],
    }
