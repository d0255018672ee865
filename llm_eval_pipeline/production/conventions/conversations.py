"""What a traced call was given and what it returned: a conversation and its answer, or a function's own values.

Not here: how an API (``api_shapes``) or LangChain (``langchain``) shapes it, what a message's text is (``messages``).
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions import langchain
from llm_eval_pipeline.production.conventions.api_shapes import SENT, choices
from llm_eval_pipeline.production.conventions.messages import answer, plain
from llm_eval_pipeline.production.conventions.seam import MODEL_CALLS
from llm_eval_pipeline.production.conventions.values import parsed, text

_ROLES = {"human": "user", "ai": "assistant"}
_KEPT = ("content", "parts", "tool_calls")


def conversation(given: Any) -> list[dict[str, Any]]:
    """The messages in a call's inputs; empty when they hold none."""
    found = parsed(given)
    if isinstance(found, dict):
        found = next((each for name in SENT if isinstance(each := parsed(found.get(name)), list)), None)
    return _messages(found)


def answers(returned: Any) -> list[dict[str, Any]]:
    """The messages that a call's outputs hold, the answer first; empty when they hold none."""
    found = parsed(returned)
    if isinstance(found, list):
        return _last_first(found)
    if not isinstance(found, dict):
        return []
    if isinstance(found.get("choices"), list):
        return _messages([_of_choice(each) for each in choices(found)])
    if generation := langchain.first_generation(found):
        return _messages([generation.get("message"), {"role": "assistant", "content": generation.get("text")}])
    if isinstance(listed := parsed(found.get("messages")), list):
        return _last_first(listed)
    return _messages([found.get("message") or found])


def input_of(given: Any) -> str | None:
    """The text of inputs that hold no messages: of a traced function with one argument, the argument.

    LangSmith's decorator writes arguments by name, Langfuse's as ``args`` and ``kwargs``.
    """
    found = parsed(given)
    if isinstance(found, dict) and found.keys() == {"args", "kwargs"}:
        args, kwargs = found["args"], found["kwargs"]
        found = args[0] if isinstance(args, list) and len(args) == 1 and not kwargs else kwargs or args
        return plain(found)
    if isinstance(found, dict) and len(found) == 1 and isinstance(only := next(iter(found.values())), str):
        return only or None
    return plain(given)


def output_of(operation: str | None, returned: Any, *, failed: bool) -> str | None:
    """The text that was answered; a retriever's documents are none, and a failed call answered nothing."""
    if operation == "retrieval" or (failed and operation in MODEL_CALLS):
        return None
    answered = answers(returned)
    return answer(answered) if answered else plain(returned)


def _of_choice(choice: dict[str, Any]) -> dict[str, Any]:
    message = choice.get("message")
    return {"role": "assistant"} | (message if isinstance(message, dict) else {"content": choice.get("text")})


def _last_first(listed: list[Any]) -> list[dict[str, Any]]:
    return [each for each in reversed(_messages(listed)) if each["role"] == "assistant"]


def _messages(found: Any) -> list[dict[str, Any]]:
    """A list of messages, or LangChain's list of such lists, of which the first counts."""
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    return [each for each in map(_message, found) if each] if isinstance(found, list) else []


def _message(found: Any) -> dict[str, Any] | None:
    """A message with its role and content; None for what is none."""
    found = parsed(found)
    if isinstance(found, list) and len(found) == 2 and all(isinstance(each, str) for each in found):
        return {"role": _ROLES.get(found[0], found[0]), "content": found[1]}
    if not isinstance(found, dict):
        return None
    told = langchain.fields(found)
    role = text(told, "role") or langchain.class_name(found) or text(told, "type") or text(found, "type")
    kept = {name: told[name] for name in _KEPT if told.get(name)}
    return {"role": _ROLES.get(role, role), **kept} if role and ("content" in told or "parts" in told) else None
