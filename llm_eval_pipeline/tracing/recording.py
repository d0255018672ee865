"""What an application says of the innermost span itself; it goes before what the kit picks up."""

from __future__ import annotations

import logging
import math
import time
from typing import Any

from llm_eval_pipeline.tracing import captured, names
from llm_eval_pipeline.tracing.under_way import UnderWay, innermost, noting

log = logging.getLogger(__name__)


def record(
    *,
    model: str | None = None,
    response_model: str | None = None,
    input_tokens: int | None = None,
    cached_input_tokens: int | None = None,
    cache_write_tokens: int | None = None,
    output_tokens: int | None = None,
    reasoning_tokens: int | None = None,
    first_token: bool = False,
    first_token_ms: float | None = None,
    finish_reason: str | None = None,
    feedback: float | None = None,
    documents: Any = None,
    input: str | None = None,  # noqa: A002 - the column that it becomes
    output: str | None = None,
    **attributes: str | int | float | bool,
) -> None:
    """Note what is known of the innermost ``trace``d call; without one, nothing happens.

    A value that makes no sense is said in the log and left out, since the application is not to fail for it.

    Args:
        model: the model that was asked for.
        response_model: the model that answered, where it says another name.
        input_tokens: all tokens of the input, with those that a cache served or took.
        cached_input_tokens: those of them that a cache served.
        cache_write_tokens: those of them that a cache took.
        output_tokens: all tokens of the output, with those of reasoning.
        reasoning_tokens: those of them that are not shown.
        first_token: the first token came just now.
        first_token_ms: or so many milliseconds after the call began.
        finish_reason: why the output ended, such as ``stop`` or ``length``.
        feedback: what the user thought of it, from 0 to 1.
        documents: what was retrieved: texts, mappings with ``title`` and ``content``, or a framework's documents.
        input: what was asked, in place of the arguments.
        output: what was answered, in place of the return value.
        attributes: any others, under their own names.
    """
    found = innermost()
    if found is None:
        return
    counts = {
        names.INPUT_TOKENS: input_tokens,
        names.CACHE_READ_TOKENS: cached_input_tokens,
        names.CACHE_WRITE_TOKENS: cache_write_tokens,
        names.OUTPUT_TOKENS: output_tokens,
        names.REASONING_TOKENS: reasoning_tokens,
    }
    told: dict[str, Any] = {name: _count(name, value) for name, value in counts.items()}
    told |= {names.REQUEST_MODEL: model, names.RESPONSE_MODEL: response_model, names.FEEDBACK: _feedback(feedback)}
    told[names.FIRST_CHUNK_S] = _first_chunk_s(found, first_token, first_token_ms)
    told[names.FINISH_REASONS] = None if finish_reason is None else [finish_reason]
    with noting():
        if documents is not None:
            told[names.DOCUMENTS] = captured.as_json(captured.documents(list(documents)))
        if input is not None:
            told[names.INPUT_MESSAGES] = captured.as_json([captured.message("user", input)])
        if output is not None:
            told[names.OUTPUT_MESSAGES] = captured.as_json([captured.message("assistant", output)])
    found.recorded |= attributes | {name: value for name, value in told.items() if value is not None}


def _count(name: str, value: int | None) -> int | None:
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and value >= 0):
        return value
    log.warning("tracing: %s must be a whole number of at least 0, got %s", name, ascii(value)[:60])
    return None


def _feedback(value: float | None) -> float | None:
    if value is None or (isinstance(value, int | float) and math.isfinite(value) and 0 <= value <= 1):
        return None if value is None else float(value)
    log.warning("tracing: feedback must be from 0 to 1, got %s: bring your scale to that", ascii(value)[:60])
    return None


def _first_chunk_s(found: UnderWay, now: bool, after_ms: float | None) -> float | None:
    if after_ms is not None:
        return after_ms / 1000
    return time.monotonic() - found.began if now and names.FIRST_CHUNK_S not in found.recorded else None
