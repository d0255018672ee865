"""Ids of sources that do not follow OpenTelemetry, made into ids that do, always into the same ones.

An id that is hexadecimal of the right length stays, a UUID becomes its digits, anything else a digest of its text.
"""

from __future__ import annotations

import hashlib
import re

from llm_eval_pipeline.production.spans import SPAN_ID_DIGITS, TRACE_ID_DIGITS, BadSpanError

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def trace_identifier(value: object, what: str = "trace id") -> str:
    """A trace's id as 32 hexadecimal digits.

    Raises:
        BadSpanError: when there is no id.
    """
    text = _text(value, what)
    return _as_hex(text.replace("-", "") if _UUID.fullmatch(text) else text, TRACE_ID_DIGITS)


def span_identifier(value: object, what: str = "span id") -> str:
    """A span's id as 16 hexadecimal digits.

    Raises:
        BadSpanError: when there is no id.
    """
    return _as_hex(_text(value, what), SPAN_ID_DIGITS)


def _text(value: object, what: str) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int) or not str(value).strip():
        raise BadSpanError(f"{what} is missing or no text: {ascii(value)[:60]}")
    return str(value).strip().lower()


def _as_hex(text: str, digits: int) -> str:
    if re.fullmatch(f"[0-9a-f]{{{digits}}}", text) and text.strip("0"):
        return text
    return hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=digits // 2).hexdigest()
