"""Runs of LangChain's as Weave keeps them, brought into the shapes of OpenAI's API. Not here: LangChain's own shapes.

https://docs.wandb.ai/weave/guides/integrations/langchain — the summary that Weave makes of a run's counts has no cached
tokens.
"""

from __future__ import annotations

import re
from typing import Any

from llm_eval_pipeline.production.conventions import langchain
from llm_eval_pipeline.production.conventions.values import object_of

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
    """What a model was sent and what it answered, the counts as LangChain's; None when it was no run of a model."""
    run, outputs = object_of(returned), object_of(outputs_of(returned))
    generation = langchain.first_generation(outputs)
    if not generation and ("start_time" not in run or run.get("run_type") not in ("llm", "chat_model")):
        return None
    message = langchain.message_of(generation)
    parameters = object_of(object_of(run.get("extra")).get("invocation_params"))
    sent = _first(object_of(given).get("messages"))
    told = [langchain.fields(object_of(each)) for each in sent] if isinstance(sent, list) else []
    asked = {
        "model": parameters.get("model") or parameters.get("model_name"),
        "messages": [{"role": each.get("type"), "content": each.get("content")} for each in told],
        "prompt": _first(object_of(given).get("prompts")),
    }
    choice = {
        "message": {"content": generation.get("text") or message.get("content")},
        "finish_reason": langchain.finish_reason(outputs),
    }
    return asked, {
        "model": langchain.model_of(outputs),
        "choices": [choice],
        "usage": message.get("usage_metadata"),
    }


def _first(found: Any) -> Any:
    return found[0] if isinstance(found, list) and found else None
