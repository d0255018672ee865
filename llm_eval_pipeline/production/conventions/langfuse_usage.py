"""Langfuse's usage details as tokens of kinds: names are free, and their words say which kind each is.

https://langfuse.com/docs/observability/features/token-and-cost-tracking — the kinds share no token: ``input`` excludes
cached ones, ``output`` reasoning, and ``total`` is their sum. Where ``total`` is smaller by just the cached tokens, the
integration counted them twice (https://github.com/langfuse/langfuse/issues/10592), and ``input`` includes them.
"""

from __future__ import annotations

from llm_eval_pipeline.production.conventions.api_shapes import tokens
from llm_eval_pipeline.production.conventions.values import Attributes, count
from llm_eval_pipeline.production.tokens import Tokens, normalised

_MONEY = ("cost", "price")


def tokens_of(usage: Attributes) -> Tokens:
    """The tokens of a call.

    Names of OpenAI's own (``prompt_tokens``) are there when Langfuse has not understood them, and count as OpenAI does:
    cached tokens are among the input's, reasoning among the output's.

    Raises:
        BadSpanError: for a count that is negative or no whole number.
    """
    if "prompt_tokens" in usage or "completion_tokens" in usage:
        return tokens(dict(usage))
    kinds: dict[str, int] = {}
    for name in usage:
        kind = _kind(name.lower())
        number = count(usage, name) if kind else None
        if kind and number is not None:
            kinds[kind] = kinds.get(kind, 0) + number
    return _disjoint(kinds, count(usage, "total"))


def _kind(name: str) -> str | None:
    """The kind of a name such as ``input_cached_tokens``, None for what is no kind of token."""
    if "total" in name or any(word in name for word in _MONEY):
        return None
    if "ephemeral" in name:
        return "ephemeral"
    if "cache" in name:
        return "written" if "creation" in name or "write" in name else "read"
    if "reasoning" in name or "thought" in name:
        return "reasoning"
    return next((kind for kind in ("input", "output") if kind in name), None)


def _disjoint(kinds: dict[str, int], total: int | None) -> Tokens:
    written = max((kinds[kind] for kind in ("written", "ephemeral") if kind in kinds), default=None)
    given, read, returned, reasoning = (kinds.get(kind) for kind in ("input", "read", "output", "reasoning"))
    cached, thought = (read or 0) + (written or 0), reasoning or 0
    everything = (given or 0) + cached + (returned or 0) + thought
    among_input = total in (everything - cached, everything - cached - thought) and total != everything
    among_output = total in (everything - thought, everything - cached - thought) and total != everything
    return normalised(
        total_input=given if given is None or among_input else given + cached,
        cache_read=read,
        cache_write=written,
        total_output=returned if returned is None or among_output else returned + thought,
        reasoning=reasoning,
    )
