"""LangChain's shapes, whichever tool keeps them: serialised messages, generations, and what a message says of its call.

A message is ``{"lc": 1, "id": […, "HumanMessage"], "kwargs": {…}}``, or ``{"type": "human"}`` with its content there or
within ``data``. https://reference.langchain.com/python/langsmith/schemas/UsageMetadata — input tokens are the sum of
all kinds, so they include cached ones for every provider, and output tokens include reasoning.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.values import Attributes, count, object_of, text
from llm_eval_pipeline.production.tokens import Tokens, normalised


def fields(found: dict[str, Any]) -> dict[str, Any]:
    """Where a message's or a document's own fields stand."""
    return next((each for name in ("kwargs", "data") if isinstance(each := found.get(name), dict)), found)


def class_name(found: dict[str, Any]) -> str | None:
    """``human`` for a message that was serialised as LangChain's ``HumanMessage``."""
    path = found.get("id")
    if "lc" not in found or not isinstance(path, list) or not path or not isinstance(path[-1], str):
        return None
    return path[-1].removesuffix("Chunk").removesuffix("Message").lower() or None


def first_generation(returned: Any) -> dict[str, Any]:
    """The first of the generations, each a list of candidates; empty when there is none."""
    found = returned.get("generations") if isinstance(returned, dict) else None
    while isinstance(found, list) and found:
        found = found[0]
    return found if isinstance(found, dict) else {}


def message_of(generation: dict[str, Any]) -> dict[str, Any]:
    """The fields of the message that a generation holds; empty when it holds none."""
    return fields(object_of(generation.get("message")))


def model_of(returned: dict[str, Any]) -> str | None:
    """The model that answered, as it called itself."""
    said = object_of(message_of(first_generation(returned)).get("response_metadata"))
    return text(said, "model_name", "model") or text(object_of(returned.get("llm_output")), "model_name", "model")


def finish_reason(returned: dict[str, Any]) -> str | None:
    """Why the model stopped."""
    generation = first_generation(returned)
    said = object_of(message_of(generation).get("response_metadata"))
    told = text(object_of(generation.get("generation_info")), "finish_reason")
    return told or text(said, "finish_reason", "stop_reason")


def tokens(usage: Attributes) -> Tokens:
    """The tokens of ``usage_metadata``, or of the counts that LangSmith keeps with a run.

    Raises:
        BadSpanError: for a count that is negative or no whole number.
    """
    given = _details(usage, "input_token_details", "prompt_token_details")
    made = _details(usage, "output_token_details", "completion_token_details")
    return normalised(
        total_input=count(usage, "input_tokens", "prompt_tokens"),
        cache_read=_largest(count(given, "cache_read"), count(given, "cache_read_over_200k")),
        cache_write=_largest(count(given, "cache_creation", "cache_write"), _ephemeral(given)),
        total_output=count(usage, "output_tokens", "completion_tokens"),
        reasoning=count(made, "reasoning"),
    )


def _details(usage: Attributes, *names: str) -> dict[str, Any]:
    """Tokens by category; the second version of LangSmith's API has them under ``raw``."""
    found = object_of(next((usage[name] for name in names if usage.get(name)), None))
    return object_of(found.get("raw")) or found


def _largest(*counts: int | None) -> int | None:
    """Names of one kind: wrappers give the same tokens under the general and under the narrower one."""
    return max((each for each in counts if each is not None), default=None)


def _ephemeral(details: Attributes) -> int | None:
    """What Anthropic writes into its cache for five minutes and for an hour."""
    written = [count(details, f"ephemeral_{time}_input_tokens") for time in ("5m", "1h")]
    known = [each for each in written if each is not None]
    return sum(known) if known else None
