"""Whether an answer is whole: what the model said of its end, and what the text shows.

Not here: whether it covers what was asked, which is the judge's to say.
"""

from __future__ import annotations

import json
import re

WHOLE = frozenset({"stop", "end_turn", "stop_sequence", "tool_calls", "tool_use", "function_call"})
CUT_OFF = frozenset({"length", "max_tokens", "model_length", "model_context_window_exceeded"})
WITHHELD = frozenset({"content_filter", "safety", "refusal", "recitation", "prohibited_content"})
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)", re.MULTILINE)
_UNFINISHED = re.compile(
    r"(?:[,(\[–—]|\b(?:a|an|the|and|or|of|to|with|for|from|that|which|because|is|are|was|were|by|its|your|our|their))$",
    re.IGNORECASE,
)
_TAIL = 60  # characters shown, and looked at


def incompleteness(output: str | None, finish_reason: str | None) -> str | None:
    """Why an answer is not whole, in a few words; None when nothing shows that it is not.

    Args:
        output: the answer; None when there is none.
        finish_reason: as OpenAI's, Anthropic's and Google's APIs name it, in any case; None is ``unknown``.
    """
    reason = (finish_reason or "unknown").lower()
    if reason in WITHHELD:
        return f"withheld: finish reason {reason}"
    if output is None or not output.strip():
        return "the output is empty"
    text = output.rstrip()
    if reason in CUT_OFF:
        return f"cut off after {_quoted_end(text)}: finish reason {reason}"
    if len(_FENCE.findall(text)) % 2:
        return "a code block is not closed"
    if _stops_within_json(text):
        return f"the JSON breaks off after {_quoted_end(text)}"
    if " " in text and _UNFINISHED.search(text[-_TAIL:]):
        return f"it breaks off after {_quoted_end(text)}"
    return None


def complete(output: str | None, finish_reason: str | None) -> bool | None:
    """Whether an answer is whole; None when there is none, or when neither the model nor the text tells."""
    if output is None:
        return None
    if incompleteness(output, finish_reason) is not None:
        return False
    return True if (finish_reason or "").lower() in WHOLE else None


def _stops_within_json(text: str) -> bool:
    """Whether a text that begins as JSON is right up to its end, where something is missing."""
    if text[0] not in "{[":
        return False
    try:
        json.loads(text)
    except json.JSONDecodeError as error:
        return error.pos >= len(text) or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return False
    return False


def _quoted_end(text: str) -> str:
    return repr(text if len(text) <= _TAIL else "..." + text[-_TAIL:])
