"""What models' APIs are sent and what they answer, as an instrumentor keeps it: OpenAI's two, Anthropic's, Gemini's.

Here: where messages, reasons and counts stand in such documents. Not here: what a message holds (``messages``).
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.messages import answer, message_list
from llm_eval_pipeline.production.conventions.values import count, text
from llm_eval_pipeline.production.tokens import Tokens, normalised

SENT = ("messages", "input", "contents")
"""Under these names a request has its messages."""

_CACHED_APART = ("cache_read_input_tokens", "cache_creation_input_tokens")


def sent(request: dict[str, Any]) -> tuple[list[dict[str, Any]], Any]:
    """The conversation that was sent, and the instructions that were given apart."""
    for name in SENT:
        if messages := message_list(request.get(name)):
            return messages, request.get("system") or request.get("instructions") or request.get("system_instruction")
    return [], None


def choices(reply: dict[str, Any]) -> list[dict[str, Any]]:
    """The answers that OpenAI's API gives to choose from."""
    return _objects(reply.get("choices"))


def answered(reply: dict[str, Any]) -> str | None:
    """The text that a model answered; None when the reply has none of these shapes."""
    messages = [each["message"] for each in choices(reply) if isinstance(each.get("message"), dict)]
    messages += [each["content"] for each in _objects(reply.get("candidates")) if isinstance(each.get("content"), dict)]
    messages += [each for each in _objects(reply.get("output")) if each.get("type", "message") == "message"]
    if isinstance(reply.get("content"), list | str):
        messages.append(reply)
    return answer(messages)


def finish_reason(reply: dict[str, Any]) -> str | None:
    """Why the model stopped."""
    several = [*choices(reply), *_objects(reply.get("candidates"))]
    reasons = [reason for each in several if (reason := text(each, "finish_reason"))]
    return ",".join(reasons) or text(reply, "stop_reason")


def tokens(usage: dict[str, Any]) -> Tokens:
    """The counts of one call, which include cached tokens, however they are named.

    The names of OpenAI's chat go first: gateways such as https://github.com/QuantumNous/new-api write ``input_tokens``
    of 0 beside them.

    Raises:
        BadSpanError: for a count that is negative or no whole number.
    """
    given, made = (
        _details(usage, "prompt_tokens_details", "input_tokens_details"),
        _details(usage, "completion_tokens_details", "output_tokens_details"),
    )
    read, write = (count(usage, name) for name in _CACHED_APART)
    return normalised(
        total_input=count(usage, "prompt_tokens", "input_tokens", "prompt_token_count"),
        cache_read=count(given, "cached_tokens") if read is None else read,
        cache_write=count(given, "cache_write_tokens") if write is None else write,
        total_output=count(usage, "completion_tokens", "output_tokens", "candidates_token_count"),
        reasoning=count(made, "reasoning_tokens"),
    )


def counts_cached_apart(usage: Any) -> bool:
    """Whether counts are as Anthropic's API gives them: cached tokens beside the input, not within it."""
    if not isinstance(usage, dict) or "input_tokens" not in usage or "prompt_tokens" in usage:
        return False
    return any(name in usage for name in _CACHED_APART) and "input_tokens_details" not in usage


def with_cached(usage: dict[str, Any]) -> dict[str, Any]:
    """Such counts with the cached tokens in the input too."""
    total = sum(count(usage, name) or 0 for name in ("input_tokens", *_CACHED_APART))
    return usage | {"input_tokens": total}


def _details(usage: dict[str, Any], *names: str) -> dict[str, Any]:
    return next((usage[name] for name in names if isinstance(usage.get(name), dict)), {})


def _objects(found: Any) -> list[dict[str, Any]]:
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []
