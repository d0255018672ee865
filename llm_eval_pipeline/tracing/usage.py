"""What a model answered, read from return values shaped as OpenAI's and Anthropic's APIs have them.

OpenAI's chat, responses and embeddings count cached tokens into the input; Anthropic's messages count them apart, and
are added here, since ``gen_ai.usage.input_tokens`` includes them. Objects and mappings both do; nothing is imported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.tracing import names


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one call by OpenTelemetry's rule: the input includes cached ones, the output reasoning."""

    input: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None

    def attributes(self) -> dict[str, int]:
        """The attributes of a span; what is not told is left out."""
        counts = {
            names.INPUT_TOKENS: self.input,
            names.CACHE_READ_TOKENS: self.cache_read,
            names.CACHE_WRITE_TOKENS: self.cache_write,
            names.OUTPUT_TOKENS: self.output,
            names.REASONING_TOKENS: self.reasoning,
        }
        return {name: value for name, value in counts.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of a model: ``operation`` is ``chat``, ``text_completion`` or ``embeddings``."""

    operation: str
    model: str | None
    usage: Usage
    text: str | None = None
    finish_reasons: tuple[str, ...] = ()
    identifier: str | None = None


def answer_of(value: Any) -> Answer | None:
    """The answer that a return value is, or None when it is none."""
    usage, model = part(value, "usage"), part(value, "model")
    if not isinstance(model, str) or (usage is None and part(value, "choices") is None):
        return None
    anthropic = part(value, "type") == "message"
    counted = anthropic_usage(usage) if anthropic else openai_usage(usage)
    if isinstance(part(value, "data"), list):
        return Answer(operation="embeddings", model=model, usage=counted)
    choices = _listed(part(value, "choices"))
    reasons = [part(each, "finish_reason") for each in choices] or [part(value, "stop_reason")]
    completes = bool(choices) and part(choices[0], "message") is None
    identifier = part(value, "id")
    return Answer(
        operation="text_completion" if completes else "chat",
        model=model,
        usage=counted,
        text=_text(value, choices),
        finish_reasons=tuple(each for each in reasons if isinstance(each, str)),
        identifier=identifier if isinstance(identifier, str) else None,
    )


def openai_usage(usage: Any) -> Usage:
    """Counts of the chat, completions and embeddings APIs, or of the responses API."""
    asked = part(usage, "prompt_tokens_details") or part(usage, "input_tokens_details")
    answered = part(usage, "completion_tokens_details") or part(usage, "output_tokens_details")
    return Usage(
        input=_count(usage, "prompt_tokens", "input_tokens"),
        cache_read=_count(asked, "cached_tokens"),
        output=_count(usage, "completion_tokens", "output_tokens"),
        reasoning=_count(answered, "reasoning_tokens"),
    )


def anthropic_usage(usage: Any) -> Usage:
    """Counts of the messages API, whose input leaves out what the cache served or took."""
    fresh = _count(usage, "input_tokens")
    read, write = _count(usage, "cache_read_input_tokens"), _count(usage, "cache_creation_input_tokens")
    return Usage(
        input=None if fresh is None else fresh + (read or 0) + (write or 0),
        cache_read=read,
        cache_write=write,
        output=_count(usage, "output_tokens"),
    )


def part(value: Any, name: str) -> Any:
    """A key of a mapping or an attribute of an object; None where it is not there."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _count(found: Any, *names_: str) -> int | None:
    for name in names_:
        value = part(found, name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
    return None


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any, choices: list[Any]) -> str | None:
    """The text of the first choice, of Anthropic's content blocks, or of the responses API."""
    for found in choices[:1]:
        said = part(part(found, "message"), "content")
        said = part(found, "text") if said is None else said
        return said if isinstance(said, str) else None
    if isinstance(said := part(value, "output_text"), str):
        return said
    blocks = _listed(part(value, "content"))
    for item in _listed(part(value, "output")):
        blocks = blocks + _listed(part(item, "content"))
    texts = [text for block in blocks if isinstance(text := part(block, "text"), str)]
    return "\n".join(texts) or None
