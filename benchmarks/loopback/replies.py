"""What the endpoint answers: a question gets a text, a judge's request gets what that judge can read.

Every evaluation tool asks its judge in words of its own and reads another form of reply, so the first part of the
path says who is calling (``/deepeval/run-1/v1``). All of them are told the same: three quarters, or a pass.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import Any

import orjson

QUESTION = "Question "
"""How every prompt of a benchmark's example begins; a call whose last message begins otherwise is a judge's."""
SCORE = 0.75
ANSWER = (
    "The tariff was raised in March, after the second reading, since the older one no longer covered the cost. " * 4
)
_JSON = {"score": SCORE, "rationale": "Right in what matters, with a small omission."}
_JUDGEMENTS: Mapping[str, str] = {
    "inspect_ai": "The submission says what the criterion asks for.\n\nGRADE: C",
    "deepeval": orjson.dumps({"reason": "Right in what matters.", "score": 8}).decode(),
    "phoenix": orjson.dumps({"explanation": "Right in what matters.", "label": "correct"}).decode(),
    "mlflow": orjson.dumps({"result": SCORE, "rationale": "Right in what matters."}).decode(),
    "promptfoo": orjson.dumps({"reason": "Right in what matters.", "pass": True, "score": SCORE}).decode(),
}


def texts(messages: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Role and text of each message; a content in parts is joined."""
    read = []
    for message in messages:
        content = message["content"]
        if not isinstance(content, str):
            content = "".join(part.get("text", "") for part in content or ())
        read.append((message["role"], content))
    return read


def prompt_key(conversation: Iterable[tuple[str, str]]) -> str:
    """What a call is counted under: 24 hex digits of BLAKE2b over roles and texts."""
    return blake2b(orjson.dumps(list(conversation)), digest_size=12).hexdigest()


def is_judges(conversation: list[tuple[str, str]]) -> bool:
    """Whether a judge is asked; the models under test are asked nothing but the questions."""
    return not conversation[-1][1].startswith(QUESTION)


def completion(model: str, output: str, asked: int) -> bytes:
    """A reply as OpenAI's API gives it; a token is four characters."""
    read, written = asked // 4 + 1, len(output) // 4 + 1
    return orjson.dumps(
        {
            "id": "chatcmpl-loopback",
            "object": "chat.completion",
            "created": 0,
            "model": model,
            "choices": [{"index": 0, "message": {"role": "assistant", "content": output}, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": read, "completion_tokens": written, "total_tokens": read + written},
        }
    )


def judgement(caller: str) -> str:
    """A judge's reply in the form that ``caller`` reads; the plain score for everyone who is not named."""
    return _JUDGEMENTS.get(caller) or orjson.dumps(_JSON).decode()
