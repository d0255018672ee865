"""Any endpoint that speaks OpenAI's chat completions API over HTTP."""

from __future__ import annotations

from contextlib import aclosing

from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse
from llm_eval_pipeline.clients.endpoint import Endpoint, OverEndpoint
from llm_eval_pipeline.clients.openai_replies import AnswerInPieces, is_last, token_counter, whole_answer


class OpenAICompatibleClient(OverEndpoint):
    """One pooled HTTP client for one endpoint.

    Args:
        base_url: up to and with the version, such as ``https://api.openai.com/v1``.
        api_key: sent as a bearer token; empty for endpoints that ask for none.
        timeout_s: the longest one attempt may take, in seconds.
        stream: have answers streamed, so that the time to the first token is known.

    Raises:
        EndpointError: when address or key cannot be used.
    """

    dated = False

    def __init__(self, base_url: str, api_key: SecretStr, timeout_s: float = 120.0, *, stream: bool = False) -> None:
        self._endpoint = Endpoint(base_url, "/chat/completions", api_key, timeout_s)
        self._stream = stream
        self._counter = token_counter()
        self.provider = f"openai-compatible:{self._endpoint.name}"

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer one request over HTTP.

        Raises:
            RetryLaterError: on 429, 5xx, a lost connection, a stream that breaks off, or a time-out.
            ChatError: on any other status, and on a body that is no completion.
        """
        body = {**request.params, "model": request.model, "messages": request.messages}
        if self._stream:
            return await self._streamed(request.model, body)
        payload, latency_ms = await self._endpoint.post(request.model, body)
        return whole_answer(request.model, payload, latency_ms, self._endpoint.quoted, self._counter)

    async def _streamed(self, who: str, body: dict[str, object]) -> ChatResponse:
        answer = AnswerInPieces(who, self._endpoint.quoted, self._counter)
        asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
        async with aclosing(self._endpoint.events(who, asked, is_last)) as events:
            async for event in events:
                answer.add(event)
        return answer.response()
