"""Values of a table's cells as the types that a span needs; what does not fit is a reason for the quarantine."""

from __future__ import annotations

from typing import Any

import orjson

from llm_eval_pipeline.production.instants import Unit, as_number, from_epoch, from_iso
from llm_eval_pipeline.production.readers.columns.row import Instant, jsonable
from llm_eval_pipeline.production.spans import BadSpanError, Status

_EARLIEST_NS = 946_684_800 * 1_000_000_000
_STATUSES: dict[str, Status] = {
    **dict.fromkeys(("", "unset", "0"), "unset"),
    **dict.fromkeys(("ok", "success", "succeeded", "completed", "1"), "ok"),
    **dict.fromkeys(("error", "failed", "failure", "2"), "error"),
}


def instant(value: object, unit: Unit, what: str) -> int:
    """A time as nanoseconds since 1970; columns that are times by their type need no unit."""
    if isinstance(value, Instant):
        return value.ns
    if unit != "iso":
        at = from_epoch(value, unit, what)
        if 0 < at < _EARLIEST_NS:
            raise BadSpanError(f"{what} lies before the year 2000 as {unit} since 1970: {ascii(value)[:60]}")
        return at
    if isinstance(value, int | float):
        raise BadSpanError(f"{what} is a number, {value}: the mapping must say time: s, ms, us or ns")
    return from_iso(value, what)


def end_of(told: dict[str, Any], start_ns: int, unit: Unit) -> int:
    """When a row ended, in nanoseconds since 1970: its own column, or its start and how long it took."""
    if "ended_at" in told:
        return instant(told["ended_at"], unit, "ended_at")
    field, ns = ("duration_ms", 1_000_000) if "duration_ms" in told else ("duration_s", 1_000_000_000)
    took = finite(told[field], field)
    if took is None or not 0 <= took * ns < 2**62:
        raise BadSpanError(f"{field} must be a number of at least 0, got {ascii(told[field])[:60]}")
    return start_ns + round(took * ns)


def finite(value: object, what: str) -> float | None:
    """A cell as a finite number, which may be written as text; None when it is empty. A yes is 1 as feedback."""
    number = as_number(value) if isinstance(value, str) and value.strip() else value
    if number is None and isinstance(value, str):
        raise BadSpanError(f"{what} must be a number, got {ascii(value)[:60]}")
    if number is None or number == "":
        return None
    if isinstance(number, bool) and what == "feedback_score":
        return float(number)
    if isinstance(number, bool) or not isinstance(number, int | float) or not abs(number) < 2**63:
        raise BadSpanError(f"{what} must be a finite number, got {ascii(value)[:60]}")
    return float(number)


def counted(value: object) -> object:
    """A count that a table keeps as ``7.0``, as a whole number; anything else as it is."""
    number = as_number(value) if isinstance(value, str) else value
    return int(number) if isinstance(number, float) and number.is_integer() else value


def status_cell(value: object) -> Status:
    """A status in one of the words for it; an empty cell says nothing."""
    key = str(whole(value)).strip().lower() if value is not None else ""
    if key not in _STATUSES:
        raise BadSpanError(f"status must be one of ok, success, error, failed (or 0, 1, 2), got {ascii(value)[:60]}")
    return _STATUSES[key]


def whole(value: Any) -> Any:
    """A number that tables keep as 7.0 only because a row of the column is empty."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def text(value: object) -> str | None:
    """A value as text; None when there is none."""
    if value is None:
        return None
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict | list):
        return orjson.dumps(jsonable(value)).decode()
    return str(whole(value))
