"""Scrubbing: which personal data goes, what stands in its place, and what stays."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.datasets.scrubbing import scrub


@pytest.mark.parametrize(
    ("text", "scrubbed", "kind"),
    [
        ("Write to jo.doe@example.com please", "Write to <EMAIL_ADDRESS> please", "EMAIL_ADDRESS"),
        ("Call 555-123-4567 now", "Call <PHONE_NUMBER> now", "PHONE_NUMBER"),
        ("Call +44 20 7946 0958 now", "Call <PHONE_NUMBER> now", "PHONE_NUMBER"),
        ("Card 4111 1111 1111 1111 expired", "Card <CREDIT_CARD> expired", "CREDIT_CARD"),
        ("Pay to GB33BUKB20201555555555 today", "Pay to <IBAN_CODE> today", "IBAN_CODE"),
        ("My hub is at 192.168.1.20 here", "My hub is at <IP_ADDRESS> here", "IP_ADDRESS"),
        ("Use sk-abcdefghijklmnop1234 then", "Use <API_KEY> then", "API_KEY"),
        ("My name is Jane Doe and I moved", "<PERSON> and I moved", "PERSON"),
        ("my name is Mary-Ann O'Neil, hello", "<PERSON>, hello", "PERSON"),
        ("This is Jane Q. McDonald.", "<PERSON>.", "PERSON"),
        ("I'm José García and I moved", "<PERSON> and I moved", "PERSON"),
    ],
)
def test_each_kind_is_replaced_by_its_name(text: str, scrubbed: str, kind: str) -> None:
    found = scrub(text)
    assert (found.text, found.found) == (scrubbed, (kind,))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "How long is the warranty of the leak sensor?",
        "Error code E-1042 since firmware 5.2.1 on 2026-01-05.",
        "The hub stores 14 days and 1,500 readings.",
        "Card 4111 1111 1111 1112 is a wrong number.",
        "I am Very happy.",
        "Is this Hub Pro better?",
    ],
)
def test_what_names_nobody_stays_as_it_is(text: str) -> None:
    found = scrub(text)
    assert (found.text, found.found) == (text, ())


def test_several_findings_are_all_replaced_and_their_kinds_are_named_once() -> None:
    found = scrub("a@example.com, b@example.org or 555-123-4567")
    assert found.text == "<EMAIL_ADDRESS>, <EMAIL_ADDRESS> or <PHONE_NUMBER>"
    assert found.found == ("EMAIL_ADDRESS", "PHONE_NUMBER")


def test_scrubbing_twice_changes_nothing_more() -> None:
    once = scrub("My name is Jane Doe, jane@example.com, 4111 1111 1111 1111.")
    assert scrub(once.text).text == once.text


def test_text_in_other_scripts_keeps_everything_around_a_finding() -> None:
    assert scrub("Пишите на jo@example.com, 谢谢 🙂").text == "Пишите на <EMAIL_ADDRESS>, 谢谢 🙂"
