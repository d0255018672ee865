from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from llm_eval_pipeline.windows import (
    days_of,
    end_of_week,
    iso_week,
    last_complete_week,
    monday_of,
    parse_week,
    start_of,
    week_before,
    week_of,
)


@pytest.mark.parametrize("day", ["2026-03-30", "2026-04-01", "2026-04-05"])
def test_every_day_of_a_week_leads_to_its_monday(day):
    assert monday_of(date.fromisoformat(day)) == date(2026, 3, 30)
    assert week_of(day) == "2026-03-30"


def test_sunday_is_the_last_day_and_not_the_first():
    assert week_of("2026-04-05") == "2026-03-30"
    assert week_of("2026-04-06") == "2026-04-06"


def test_a_week_is_named_by_its_monday():
    assert parse_week("2026-03-30") == date(2026, 3, 30)


def test_another_day_names_no_week_and_the_error_says_which_is_meant():
    with pytest.raises(ValueError, match="2026-04-01 is a Wednesday; a week's key is its Monday, here 2026-03-30"):
        parse_week("2026-04-01")


@pytest.mark.parametrize("key", ["", "last week", "2026-02-30", "2026-3-30"])
def test_what_is_no_date_names_no_week(key):
    with pytest.raises(ValueError, match="is no date; a week's key is its Monday"):
        parse_week(key)


def test_a_day_begins_at_midnight_utc():
    assert start_of(date(2026, 3, 30)) == datetime(2026, 3, 30, tzinfo=UTC)


def test_a_week_ends_where_the_next_begins():
    assert end_of_week("2026-03-30") == start_of(date(2026, 4, 6))


def test_a_week_has_seven_days_across_the_months():
    assert days_of("2026-03-30") == [
        "2026-03-30",
        "2026-03-31",
        "2026-04-01",
        "2026-04-02",
        "2026-04-03",
        "2026-04-04",
        "2026-04-05",
    ]


def test_days_and_weeks_agree():
    assert {week_of(day) for day in days_of("2025-12-29")} == {"2025-12-29"}


@pytest.mark.parametrize(
    ("weeks", "earlier"), [(0, "2026-03-30"), (1, "2026-03-23"), (13, "2025-12-29"), (-1, "2026-04-06")]
)
def test_weeks_are_counted_back(weeks, earlier):
    assert week_before("2026-03-30", weeks) == earlier


@pytest.mark.parametrize(
    ("week", "name"),
    [
        ("2026-03-30", "2026-W14"),
        ("2025-12-29", "2026-W01"),
        ("2026-12-28", "2026-W53"),
        ("2027-01-04", "2027-W01"),
    ],
)
def test_iso_names_follow_the_year_of_the_thursday(week, name):
    assert iso_week(week) == name


@pytest.mark.parametrize(
    ("now", "week"),
    [
        (datetime(2026, 4, 5, 23, 59, 59, tzinfo=UTC), "2026-03-23"),
        (datetime(2026, 4, 6, tzinfo=UTC), "2026-03-30"),
        (datetime(2026, 4, 12, tzinfo=UTC), "2026-03-30"),
    ],
)
def test_a_week_is_complete_when_it_has_ended(now, week):
    assert last_complete_week(now) == week


def test_the_clocks_zone_does_not_matter():
    # Monday 08:00 in Tokyo is Sunday 23:00 UTC
    assert last_complete_week(datetime(2026, 4, 6, 8, tzinfo=timezone(timedelta(hours=9)))) == "2026-03-23"


@pytest.mark.parametrize("key", ["2026-W47", "20261116", "2026W473"])
def test_another_spelling_of_a_date_is_refused_with_the_key(key):
    with pytest.raises(ValueError, match="give its Monday, 2026-11-16"):
        parse_week(key)
