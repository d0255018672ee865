"""Personal data: where it stands, what a quick look may skip, and what was given away."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.privacy.personal_data import _HINT, Finding, _find, find_personal_data, leaked_kinds

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
