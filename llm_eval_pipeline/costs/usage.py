"""Token counts by kind, and the one form in which everything that prices them gets them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_eval_pipeline.clients.chat import TokenUsage

_ALIASES = {
    "input": "input",
    "uncached_input": "input",
    "cache_read": "cache_read",
    "cached_input": "cache_read",
    "cached": "cache_read",
    "cache_write": "cache_write",
    "output": "output",
    "reasoning": "reasoning",
}
_INCLUSIVE = {
    "input_tokens": "total_input",
    "prompt_tokens": "total_input",
    "cached_input_tokens": "cache_read",
    "cached_tokens": "cache_read",
    "cache_write_tokens": "cache_write",
    "output_tokens": "output",
    "completion_tokens": "output",
    "reasoning_tokens": "reasoning",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledTokens:
    """Tokens of one call. The kinds share no token, but for ``reasoning``, which is the part of ``output`` not shown.

    ``input`` counts the tokens that no cache served or took.
    """

    input: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    reasoning: int = 0

    @classmethod
    def of(cls, usage: TokenUsage) -> BilledTokens:
        """The kinds of one call's usage, each without the others."""
        return cls(
            input=usage.input_tokens - usage.cached_input_tokens - usage.cache_write_tokens,
            cache_read=usage.cached_input_tokens,
            cache_write=usage.cache_write_tokens,
            output=usage.output_tokens,
            reasoning=usage.reasoning_tokens,
        )

    @classmethod
    def from_mapping(cls, usage: Mapping[str, int]) -> BilledTokens:
        """Read counts under the kinds' own names, or under an API's names.

        The kinds (``input``, ``cache_read``, ``cache_write``, ``output``, ``reasoning``) share no token. Names that end
        in ``_tokens`` follow the APIs: ``input_tokens`` includes the cached ones.

        Raises:
            ValueError: for a kind that nobody knows, a count that is no whole number or negative, or parts that are
                more than their whole.
        """
        counts: dict[str, int] = {}
        for name, count in usage.items():
            kind = _ALIASES.get(name) or _INCLUSIVE.get(name)
            if kind is None:
                raise ValueError(f"unknown kind of tokens {name!r}; known are {', '.join([*_ALIASES, *_INCLUSIVE])}")
            if kind in counts:
                raise ValueError(f"{name!r} gives the {kind} tokens a second time")
            if isinstance(count, bool) or int(count) != count or count < 0:
                raise ValueError(f"{name} tokens must be a whole number of at least 0, got {count!r}")
            counts[kind] = int(count)
        if "total_input" in counts:
            if "input" in counts:
                raise ValueError("give either input (without cached tokens) or input_tokens (with them), not both")
            cached = counts.get("cache_read", 0) + counts.get("cache_write", 0)
            counts["input"] = counts.pop("total_input") - cached
            if counts["input"] < 0:
                raise ValueError(f"{cached} cached tokens are more than the input tokens that include them")
        if counts.get("reasoning", 0) > counts.get("output", 0):
            raise ValueError("reasoning tokens are a part of the output tokens and cannot be more than those")
        return cls(**counts)
