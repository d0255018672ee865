"""Tokens of one call as a source counts them, normalised to kinds that share no token.

Conventions count cached tokens into the input and reasoning tokens into the output; Anthropic's own API counts cached
tokens beside the input. Which of the two a source does is known to its convention. A part that is larger than its whole
can only have been counted beside it, and is read so whatever the rule.
"""

from __future__ import annotations

from dataclasses import dataclass

from llm_eval_pipeline.costs.usage import BilledTokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """Token counts of one call; None is not told. The kinds are those of :class:`BilledTokens`."""

    input_uncached: int | None = None
    cache_read: int | None = None
    cache_write: int | None = None
    output: int | None = None
    reasoning: int | None = None

    def columns(self) -> dict[str, int | None]:
        """The token columns of a span's row."""
        return {
            "input_uncached_tokens": self.input_uncached,
            "cache_read_tokens": self.cache_read,
            "cache_write_tokens": self.cache_write,
            "output_tokens": self.output,
            "reasoning_tokens": self.reasoning,
        }

    def billed(self) -> BilledTokens | None:
        """What is paid for, or None when the source told no input: half a count has no price."""
        if self.input_uncached is None:
            return None
        return BilledTokens(
            input=self.input_uncached,
            cache_read=self.cache_read or 0,
            cache_write=self.cache_write or 0,
            output=self.output or 0,
            reasoning=self.reasoning or 0,
        )


def normalised(
    *,
    total_input: int | None,
    cache_read: int | None,
    cache_write: int | None,
    total_output: int | None,
    reasoning: int | None,
    cached_apart: bool = False,
) -> Tokens:
    """Counts as a convention gives them; ``total_output`` includes reasoning.

    ``total_input`` includes cached tokens, unless the source counts them beside it (``cached_apart``).
    """
    cached = (cache_read or 0) + (cache_write or 0)
    apart = cached_apart or (total_input is not None and cached > total_input)
    if total_output is not None and reasoning is not None and reasoning > total_output:
        total_output += reasoning
    return Tokens(
        input_uncached=total_input if total_input is None or apart else total_input - cached,
        cache_read=cache_read,
        cache_write=cache_write,
        output=total_output,
        reasoning=reasoning,
    )
