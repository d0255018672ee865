"""Runs of LangChain's as Weave keeps them, brought into the shapes of a model's API.

https://docs.wandb.ai/weave/guides/integrations/langchain — LangChain's own counts include cached tokens for every
provider; the summary that Weave makes of them has none.
"""

from __future__ import annotations

import re
from typing import Any

_OP = re.compile(r"langchain\.(?P<type>[A-Za-z_]+)\.")
_OPERATIONS = {"llm": "chat", "chat_model": "chat", "retriever": "retrieval", "tool": "execute_tool"}


def operation_of(op_name: str) -> tuple[bool, str | None]:
    """Whether an op is a run of LangChain's, and what it did: a kind beside it may be that of the run before."""
    match = _OP.match(op_name)
    return match is not None, _OPERATIONS.get(match["type"].lower()) if match else None


def outputs_of(returned: Any) -> Any:
    """What came out of a run, which is kept whole; anything else as it is."""
    is_run = isinstance(returned, dict) and "start_time" in returned and isinstance(returned.get("outputs"), dict)
    return returned["outputs"] if is_run else returned


def asked_and_answered(given: Any, returned: Any) -> tuple[dict[str, Any], dict[str, Any]] | None:
    """What a model was sent and what it answered, as OpenAI's API has them; None when it was no run of a model."""
    run = _dict(returned)
    generation = _dict(_first(_first(_dict(outputs_of(returned)).get("generations"))))
    if not generation and ("start_time" not in run or run.get("run_type") not in ("llm", "chat_model")):
        return None
    message = _dict(_dict(generation.get("message")).get("kwargs"))
    parameters = _dict(_dict(run.get("extra")).get("invocation_params"))
    sent = _first(_dict(given).get("messages"))
    choice = {
        "message": {"content": generation.get("text") or message.get("content")},
        "finish_reason": _dict(generation.get("generation_info")).get("finish_reason"),
    }
    answered = {
        "model": _dict(message.get("response_metadata")).get("model_name"),
        "choices": [choice],
        "usage": _usage(_dict(message.get("usage_metadata"))),
    }
    asked = {
        "model": parameters.get("model") or parameters.get("model_name"),
        "messages": [_message(_dict(each).get("kwargs")) for each in sent] if isinstance(sent, list) else [],
        "prompt": _first(_dict(given).get("prompts")),
    }
    return asked, answered


def document_of(found: dict[str, Any]) -> dict[str, Any]:
    """A document that LangChain or another wrote, its metadata beside its own fields."""
    kept = _dict(found.get("kwargs")) or found
    return _dict(kept.get("metadata")) | {name: value for name, value in kept.items() if value is not None}


def _message(found: Any) -> dict[str, Any]:
    told = _dict(found)
    return {"role": told.get("type"), "content": told.get("content")}


def _usage(told: dict[str, Any]) -> dict[str, Any] | None:
    if not told:
        return None
    cached = _dict(told.get("input_token_details"))
    return {
        "prompt_tokens": told.get("input_tokens"),
        "completion_tokens": told.get("output_tokens"),
        "cache_read_input_tokens": cached.get("cache_read"),
        "cache_creation_input_tokens": cached.get("cache_creation"),
        "completion_tokens_details": {
            "reasoning_tokens": _dict(told.get("output_token_details")).get("reasoning"),
        },
    }


def _first(found: Any) -> Any:
    return found[0] if isinstance(found, list) and found else None


def _dict(found: Any) -> dict[str, Any]:
    return found if isinstance(found, dict) else {}
