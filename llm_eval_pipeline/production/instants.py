"""Times as exports of tools write them, in nanoseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from llm_eval_pipeline.production.spans import BadSpanError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_END = 2**63
_LARGEST_MS = _END // 1_000_000


def instant_ns(value: object, what: str) -> int:
    """A time in nanoseconds since 1970; text without a zone is UTC, a number is in milliseconds.

    Raises:
        BadSpanError: when it is none of ISO 8601 text, a datetime, and a number, or is before 1970 or after 2262.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < _LARGEST_MS:
        return int(value * 1_000_000)
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise BadSpanError(f"{what} is missing or no time: {ascii(value)[:60]}")
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    since = (aware - _EPOCH) // timedelta(microseconds=1) * 1000
    if not 0 <= since < _END:
        raise BadSpanError(f"{what} is out of range: {ascii(value)[:60]}")
    return since
