"""A moderation endpoint: any that speaks OpenAI's moderations API over HTTP.

Belongs here: a text in, what is wrong with it out; and the same behind the seam of every model, so that the ledger
keeps what was asked. Does not belong here: which of it makes an answer unsafe, or when a call is made again.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

import orjson
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse
from llm_eval_pipeline.clients.endpoint import Endpoint, OverEndpoint
from llm_eval_pipeline.clients.endpoint_failures import error_in, told


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderation:
    """What a moderation model finds in one text.

    ``categories`` are those that it flags, by name and in order; ``scores`` has every category's score in [0, 1], which
    is no probability and differs between models. ``model`` is who really answered.
    """

    flagged: bool
    categories: tuple[str, ...]
    scores: Mapping[str, float]
    model: str


class _Result(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    flagged: bool
    categories: dict[str, bool | None]
    category_scores: dict[str, float | None]


class _Moderations(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    model: str
    results: list[_Result] = Field(min_length=1, max_length=1)


class ModerationClient(OverEndpoint):
    """One pooled HTTP client for one endpoint; as a chat model, it replies to a text with what is wrong with it.

    Args:
        base_url: up to and with the version, such as ``https://api.openai.com/v1``.
        api_key: sent as a bearer token; empty for endpoints that ask for none.
        model: such as ``omni-moderation-latest``.
        timeout_s: the longest one attempt may take, in seconds.

    Raises:
        EndpointError: when address or key cannot be used.
    """

    dated = False

    def __init__(self, base_url: str, api_key: SecretStr, model: str, timeout_s: float = 30.0) -> None:
        self._endpoint = Endpoint(base_url, "/moderations", api_key, timeout_s)
        self._model = model
        self.provider = f"moderation:{self._endpoint.name}"

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Look through the last message; the reply is JSON: ``{"safe": …, "categories": […], "scores": {…}}``.

        Raises:
            RetryLaterError, ChatError: see :meth:`moderate`.
        """
        started = time.perf_counter()
        found = await self.moderate(request.messages[-1].content)
        reply = {"safe": not found.flagged, "categories": found.categories, "scores": found.scores}
        return ChatResponse(
            output=orjson.dumps(reply).decode(),
            model_resolved=found.model,
            finish_reason="stop",
            usage=None,
            latency_ms=(time.perf_counter() - started) * 1000,
        )

    async def moderate(self, text: str) -> Moderation:
        """Look through one text over HTTP.

        Raises:
            RetryLaterError: on 429, 5xx, a lost connection or a time-out.
            ChatError: on any other status, and on a body that is no moderation of one text.
        """
        payload, _ = await self._endpoint.post(self._model, {"model": self._model, "input": text})
        try:
            answer = _Moderations.model_validate_json(payload)
        except ValidationError as error:
            raise self._no_answer(payload, error) from None
        (result,) = answer.results
        return Moderation(
            flagged=result.flagged,
            categories=tuple(sorted(name for name, there in result.categories.items() if there)),
            scores={name: score for name, score in result.category_scores.items() if score is not None},
            model=answer.model,
        )

    def _no_answer(self, payload: bytes, error: ValidationError) -> ChatError:
        if (said := error_in(payload)) is not None:
            return told(self._model, said, self._endpoint.quoted)
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        return ChatError(f"{self._model}: the endpoint's answer is no moderation ({where}: {first['msg']})")
