"""Counts of tokens as endpoints tell them: whole numbers, or missing; and parts that fit into their whole.

Counts that cannot be are unknown, as missing ones are: the answer beside them was paid, and stays.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import Field, ValidationError

from llm_eval_pipeline.clients.chat import TokenUsage

Count = Annotated[int | None, Field(ge=0, le=2**53)]
"""None is not told. From 2⁵³ on not every whole number is one in JSON, and no model reads as many."""

log = logging.getLogger(__name__)


class TokenCounter:
    """Reads the counts beside a client's answers, and warns once per model of those that cannot be.

    Args:
        read: makes usage of what an endpoint told; it raises ValueError for counts that cannot be.
    """

    def __init__(self, read: Callable[[Any], TokenUsage | None]) -> None:
        self._read = read
        self._warned: set[str] = set()

    def tokens(self, who: str, told: Any) -> TokenUsage | None:
        """The usage; None where nothing usable was told."""
        try:
            return None if told is None else self._read(told)
        except ValueError as error:
            if who not in self._warned:
                self._warned.add(who)
                log.warning(
                    "%s: the endpoint counts tokens in a way that cannot be (%s): its answers are kept, and such "
                    "counts are unknown",
                    who,
                    _where(error),
                )
        return None


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


def _where(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return f"usage: {error}"
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in ('usage', *first['loc']))}: {first['msg']}"
