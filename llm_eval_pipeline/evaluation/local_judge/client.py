"""The local judge behind the seam of every model: a request with a case in, a reply in the judges' JSON out."""

from __future__ import annotations

import math
import time
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.local_judge.model import load_parameters
from llm_eval_pipeline.evaluation.local_judge.verdict import Unjudged, judge_case

MODEL = "local/judge-1"
CHARACTERS_PER_TOKEN = 4
_CASE = TypeAdapter(Case)


class LocalJudge:
    """A judge that needs no network and gives the same case the same score on any day.

    Args:
        parameters: the file of fitted coefficients, ``data/judge/local_judge.json``.
    """

    provider = "local"
    dated = True

    def __init__(self, parameters: Path) -> None:
        self._parameters = load_parameters(parameters)

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Judge the case in the last message; the rubric before it is for judges that read.

        Raises:
            ChatError: when another model is asked for, or the last message is no case.
        """
        if request.model != MODEL:
            raise ChatError(f"{request.model}: the local judge is {MODEL}; any other judge needs an endpoint")
        started = time.perf_counter()
        reply = self._reply(request)
        return ChatResponse(
            output=reply,
            model_resolved=f"{MODEL}@{self._parameters.version}",
            finish_reason="stop",
            usage=TokenUsage(
                input_tokens=_tokens(sum(len(message.content) for message in request.messages)),
                output_tokens=_tokens(len(reply)),
            ),
            latency_ms=(time.perf_counter() - started) * 1000,
        )

    def _reply(self, request: ChatRequest) -> str:
        found = judge_case(_case(request), self._parameters)
        if isinstance(found, Unjudged):
            return orjson.dumps({"score": None, "reason": found.reason}).decode()
        content = {"score": found.score, "rationale": found.rationale, "confidence": found.confidence}
        return orjson.dumps(content).decode()


def _case(request: ChatRequest) -> Case:
    if not request.messages:
        raise ChatError(f"{MODEL}: the request has no message; the last one must be a case as JSON")
    try:
        return _CASE.validate_json(request.messages[-1].content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "message"
        raise ChatError(f"{MODEL}: the last message is no case ({where}: {first['msg']})") from error


def _tokens(characters: int) -> int:
    return math.ceil(characters / CHARACTERS_PER_TOKEN)
