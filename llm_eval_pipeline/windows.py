"""Windows of time: a week is its Monday, a day is its date, both in UTC.

Belongs here: turning keys into instants and names that people read. Does not belong here: which windows exist
(``defs/partitions.py``).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

WEEK = timedelta(days=7)


def monday_of(day: date) -> date:
    """The Monday of the week that ``day`` is in."""
    return day - timedelta(days=day.weekday())


def parse_week(key: str) -> date:
    """The Monday that a weekly partition key (``YYYY-MM-DD``) names.

    Raises:
        ValueError: when the key is no date, or a date that is no Monday.
    """
    try:
        day = date.fromisoformat(key)
    except ValueError as error:
        raise ValueError(f"{key!r} is no date; a week's key is its Monday, such as 2026-03-30") from error
    if key != day.isoformat():
        raise ValueError(f"{key!r} names the week of {monday_of(day)}: give its Monday, {monday_of(day)}")
    if day.weekday() != 0:
        raise ValueError(f"{key} is a {day:%A}; a week's key is its Monday, here {monday_of(day)}")
    return day


def start_of(day: date) -> datetime:
    """Midnight UTC at which ``day`` begins."""
    return datetime.combine(day, time(), tzinfo=UTC)


def end_of_week(key: str) -> datetime:
    """The instant at which the week ``key`` ends, which is the start of the next."""
    return start_of(parse_week(key) + WEEK)


def days_of(week: str) -> list[str]:
    """The seven day keys of a week, Monday first."""
    monday = parse_week(week)
    return [(monday + timedelta(days=i)).isoformat() for i in range(7)]


def week_of(day: str) -> str:
    """The key of the week that the day ``YYYY-MM-DD`` is in."""
    return monday_of(date.fromisoformat(day)).isoformat()


def week_before(week: str, weeks: int = 1) -> str:
    """The key of the week that many weeks earlier."""
    return (parse_week(week) - weeks * WEEK).isoformat()


def iso_week(week: str) -> str:
    """The ISO name of a week, such as ``2026-W14`` for ``2026-03-30``."""
    year, number, _ = parse_week(week).isocalendar()
    return f"{year}-W{number:02d}"


def last_complete_week(now: datetime) -> str:
    """The key of the newest week that has ended at ``now``."""
    return (monday_of(now.astimezone(UTC).date()) - WEEK).isoformat()
