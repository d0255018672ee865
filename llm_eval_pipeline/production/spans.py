"""A well-formed span, whichever file it came from, and the checks that a span must pass to be one.

Belongs here: identity, time, and the shape of a span. Does not belong here: what its attributes mean
(``conventions/``) or how a file spells it (``readers/``).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, Literal

Status = Literal["unset", "ok", "error"]

TRACE_ID_DIGITS = 32
SPAN_ID_DIGITS = 16

EARLIEST_NS = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp()) * 1_000_000_000
_NS_PER_DAY = 86_400 * 1_000_000_000
_EPOCH = date(1970, 1, 1).toordinal()
_HEX = {n: re.compile(f"[0-9a-fA-F]{{{n}}}") for n in (TRACE_ID_DIGITS, SPAN_ID_DIGITS)}
_STATUS: dict[Any, Status] = {
    0: "unset",
    1: "ok",
    2: "error",
    "STATUS_CODE_UNSET": "unset",
    "STATUS_CODE_OK": "ok",
    "STATUS_CODE_ERROR": "error",
}


class BadSpanError(ValueError):
    """A record that is no usable span. The text is the reason that its quarantine row shows."""


class OpenSpanError(BadSpanError):
    """A record of a span that has not ended. It is no fault: the span comes again when it has."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened within a span, such as an exception or a message."""

    name: str
    attributes: Mapping[str, Any]
    time_ns: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """Who emitted a span, and after which version of the semantic conventions."""

    name: str = ""
    version: str = ""
    schema_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """One span: ids are lower-case hexadecimal, times are nanoseconds since 1970 and in order."""

    trace_id: str
    span_id: str
    parent_span_id: str | None
    name: str
    start_ns: int
    end_ns: int
    status: Status
    status_message: str | None
    attributes: Mapping[str, Any]
    events: tuple[Event, ...]
    scope: Scope

    @property
    def day(self) -> str:
        """The UTC day on which the span started."""
        return date.fromordinal(_EPOCH + self.start_ns // _NS_PER_DAY).isoformat()


def identifier(value: object, what: str, digits: int) -> str:
    """``value`` as a lower-case id of so many hexadecimal digits."""
    if not isinstance(value, str) or not value:
        raise BadSpanError(f"{what} is missing or no text: {_short(value)}")
    if not _HEX[digits].fullmatch(value):
        raise BadSpanError(f"{what} must be {digits} hexadecimal digits, got {len(value)} characters: {_short(value)}")
    if value.strip("0") == "":
        raise BadSpanError(f"{what} is all zeros")
    return value.lower()


def parent_identifier(value: object) -> str | None:
    """The parent's id, or None for a root: absent, empty or all zeros."""
    if value is None or value == "" or value == "0" * SPAN_ID_DIGITS:
        return None
    return identifier(value, "parentSpanId", SPAN_ID_DIGITS)


def times(start: object, end: object) -> tuple[int, int]:
    """Start and end in nanoseconds since 1970, both there and in order."""
    start_ns, end_ns = _nanoseconds(start, "start time"), _nanoseconds(end, "end time")
    if start_ns < EARLIEST_NS:
        raise BadSpanError(f"start time {start_ns} lies before the year 2000: it must be in nanoseconds since 1970")
    if end_ns < start_ns:
        raise BadSpanError(f"end time {end_ns} is before start time {start_ns}")
    return start_ns, end_ns


def status_of(code: object) -> Status:
    """A status code as OTLP/JSON writes it, a number or an enum's name."""
    if code is None:
        return "unset"
    if isinstance(code, bool) or not isinstance(code, int | str) or code not in _STATUS:
        raise BadSpanError(f"status code is none of 0, 1, 2: {_short(code)}")
    return _STATUS[code]


def _nanoseconds(value: object, what: str) -> int:
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 20:
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadSpanError(f"{what} is missing or no whole number of nanoseconds: {_short(value)}")
    if not 0 < value < 2**63:
        raise BadSpanError(f"{what} is missing or out of range: {_short(value)}")
    return value


def _short(value: object) -> str:
    text = ascii(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
