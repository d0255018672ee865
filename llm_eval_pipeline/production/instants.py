"""Times as exports of tools write them, in nanoseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from llm_eval_pipeline.production.spans import BadSpanError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LARGEST_MS = 10**13


def instant_ns(value: object, what: str) -> int:
    """A time in nanoseconds since 1970; text without a zone is UTC, a number is in milliseconds.

    Raises:
        BadSpanError: when it is none of ISO 8601 text, a datetime, and a number.
    """
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST_MS:
        return int(value * 1_000_000)
    try:
        found = datetime.fromisoformat(value.strip()) if isinstance(value, str) else value
    except ValueError:
        found = None
    if not isinstance(found, datetime):
        raise BadSpanError(f"{what} is missing or no time: {ascii(value)[:60]}")
    aware = found if found.tzinfo else found.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1000
