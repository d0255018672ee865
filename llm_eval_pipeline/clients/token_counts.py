"""Counts of tokens as endpoints tell them: whole numbers, or missing; and parts that fit into their whole."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from llm_eval_pipeline.clients.chat import TokenUsage

Count = Annotated[int | None, Field(ge=0)]
"""None is not told."""


def fitting(usage: TokenUsage) -> TokenUsage:
    """The same counts.

    Raises:
        ValueError: when a part is larger than its whole.
    """
    kept = usage.cached_input_tokens + usage.cache_write_tokens
    if kept > usage.input_tokens:
        raise ValueError(f"{kept} cached tokens of {usage.input_tokens} prompt tokens")
    if usage.reasoning_tokens > usage.output_tokens:
        raise ValueError(f"{usage.reasoning_tokens} reasoning tokens of {usage.output_tokens} completion tokens")
    return usage
