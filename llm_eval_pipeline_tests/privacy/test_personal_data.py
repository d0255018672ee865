"""Personal data: where it stands, what a quick look may skip, and what was given away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.privacy.personal_data import (
    _HINT,
    MOST_JUDGED,
    WINDOW,
    Finding,
    _find,
    find_personal_data,
    leaked_kinds,
)

PIECES = [
    "jo.doe@example.com",
    "555-123-4567",
    "(020) 7946 0958",
    "+44 20 7946 0958",
    "4111 1111 1111 1111",
    "GB33BUKB20201555555555",
    "192.168.1.20",
    "2001:db8::8a2e:370:7334",
    "fe80::1",
    "sk-abcdefghijklmnop1234",
    "My name is Jane Doe",
    "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "std::vector",
    "at 10:30",
]


def test_a_finding_has_kind_and_place() -> None:
    (found,) = find_personal_data("Write to jo@example.com now")
    assert found == Finding(kind="EMAIL_ADDRESS", start=9, end=23, score=found.score)


def test_of_two_that_overlap_the_surer_is_kept_and_the_order_is_the_texts() -> None:
    found = find_personal_data("4111 1111 1111 1111 and 555-123-4567")
    assert [finding.kind for finding in found] == ["CREDIT_CARD", "PHONE_NUMBER"]
    assert found[0].end <= found[1].start


def test_two_colons_of_code_are_nobodys_address() -> None:
    assert find_personal_data("std::vector<int> and Foo::bar") == ()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=12)), max_size=4).map(" ".join))
def test_the_quick_look_skips_nothing_that_the_analysis_finds(text: str) -> None:
    assert not _find(text) or _HINT.search(text)


def test_what_the_application_was_given_is_no_leak() -> None:
    output = "Call 555-123-4567 or write to jo@example.com."
    assert leaked_kinds(output) == ("EMAIL_ADDRESS", "PHONE_NUMBER")
    assert leaked_kinds(output, "My number: (555) 123 4567", None) == ("EMAIL_ADDRESS",)
    assert leaked_kinds(output, "My number: (555) 123 4567", "JO@example.com") == ()


@pytest.mark.parametrize("unit", ["a", "1", "1 ", ":", "a:", "1.", "I am "])
def test_the_quick_look_takes_time_by_length_and_not_by_its_square(unit: str) -> None:
    started = time.process_time()
    _HINT.search(unit * (200_000 // len(unit)))
    assert time.process_time() - started < 1


@pytest.mark.parametrize("before", range(WINDOW - 20, WINDOW + 2))
def test_what_stands_where_two_windows_meet_is_found_once_and_whole(before: int) -> None:
    text = "x " * (before // 2) + " " * (before % 2) + "jo.doe@example.com and so on " + "y " * 100
    found = find_personal_data(text)
    assert [(f.kind, text[f.start : f.end]) for f in found] == [("EMAIL_ADDRESS", "jo.doe@example.com")]


def test_windows_find_what_one_look_finds() -> None:
    pieces = [f"On day {n} we wrote to jo{n}@example.com." for n in range(600)]
    text = "\n".join(pieces)
    assert len(text) > 4 * WINDOW
    assert len(find_personal_data(text)) == len(pieces)


def test_many_addresses_take_time_by_length_and_not_by_its_square() -> None:
    find_personal_data("at 10.0.0.1")  # the first call builds the analyser
    short = " ".join(f"10.{n % 250}.{n // 250}.7" for n in range(800))
    started = time.process_time()
    _find(short)
    once = time.process_time() - started
    started = time.process_time()
    _find(" ".join([short] * 6))
    assert time.process_time() - started < 6 * once * 2  # by its square it would be 36 times


def test_an_outputs_end_beyond_the_bound_is_not_judged() -> None:
    filler = "x " * (MOST_JUDGED // 2)
    assert leaked_kinds(filler + "jo@example.com") == ()
    assert [f.kind for f in find_personal_data(filler + "jo@example.com")] == ["EMAIL_ADDRESS"]  # scrubbing sees all
