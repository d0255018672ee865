"""Points in time as nanoseconds since 1970, however a source writes them. A time without a zone is UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

from llm_eval_pipeline.production.spans import BadSpanError

Unit = Literal["iso", "s", "ms", "us", "ns"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_NS = 2**63
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def from_iso(value: object, what: str) -> int:
    """A time as ISO 8601 writes it, with a ``T`` or a space.

    Raises:
        BadSpanError: when it is missing or another kind of value.
    """
    if not isinstance(value, str) or not value.strip():
        raise BadSpanError(f"{what} is missing or no text: {ascii(value)[:60]}")
    try:
        return from_datetime(datetime.fromisoformat(value.strip()))
    except (ValueError, OverflowError) as error:
        raise BadSpanError(f"{what} is no ISO 8601 time: {ascii(value)[:60]}") from error


def from_datetime(value: datetime) -> int:
    """A time of Python's; microseconds are its finest."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1) * 1_000


def from_epoch(value: object, unit: Unit, what: str) -> int:
    """A number since 1970 in this unit, or a text that holds one.

    Raises:
        BadSpanError: when it is missing, no finite number, or outside of what 64 bits of nanoseconds hold.
    """
    number = value
    if isinstance(value, str):
        try:
            number = int(value) if len(value) < 25 else None
        except ValueError:
            number = as_number(value)
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise BadSpanError(f"{what} is missing or no number of {unit} since 1970: {ascii(value)[:60]}")
    if not abs(number) * _NS[unit] < _LATEST_NS:  # NaN is smaller than nothing
        raise BadSpanError(f"{what} is out of range for {unit} since 1970: {ascii(value)[:60]}")
    return number * _NS[unit] if isinstance(number, int) else round(number * _NS[unit])


def as_number(value: str) -> float | None:
    """A text as a number; None when it holds none."""
    try:
        return float(value)
    except ValueError:
        return None


def instant_ns(value: object, what: str) -> int:
    """A time as ISO 8601 text, a ``datetime``, or a number of milliseconds since 1970.

    Raises:
        BadSpanError: when it is none of these, or is before 1970 or after 2262.
    """
    if isinstance(value, datetime):
        found = from_datetime(value)
    elif isinstance(value, int | float):
        found = from_epoch(value, "ms", what)
    elif isinstance(value, str):
        found = from_iso(value, what)
    else:
        raise BadSpanError(f"{what} is missing or no time: {ascii(value)[:60]}")
    if not 0 <= found < _LATEST_NS:
        raise BadSpanError(f"{what} is out of range: {ascii(value)[:60]}")
    return found
