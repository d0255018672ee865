"""Deduplication: which prompts count as the same, nearly the same, or new."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.datasets.deduplication import FAMILIAR, NEAR, PromptIndex

THERE = "How long is the warranty of the leak sensor that I bought last year?"


@pytest.mark.parametrize(
    "prompt",
    [
        THERE,
        THERE.upper(),
        f"  {THERE}\n",
        "the leak sensor that I bought last year? How long is the warranty of",
        THERE.replace("year", "week"),
    ],
)
def test_the_same_words_in_any_case_and_order_and_one_changed_are_near(prompt: str) -> None:
    assert PromptIndex([THERE]).like(prompt, NEAR) == THERE


@pytest.mark.parametrize("prompt", ["How do I cancel?", "", "Wie lange gilt die Garantie?"])
def test_another_question_is_not_near(prompt: str) -> None:
    assert PromptIndex([THERE]).like(prompt, NEAR) is None


def test_between_near_and_unlike_lies_what_is_familiar() -> None:
    index = PromptIndex([THERE])
    kindred = "How long is the warranty of the smart plug?"
    assert index.like(kindred, NEAR) is None
    assert index.like(kindred, FAMILIAR) == THERE
    assert index.like("Translate «ja» to English", FAMILIAR) is None


def test_the_most_similar_one_is_named() -> None:
    index = PromptIndex(["Cancel my plan", "Cancel my plan today please", "Open the app"])
    assert index.like("cancel my plan today", FAMILIAR) == "Cancel my plan today please"


def test_an_empty_index_knows_nothing_until_something_is_added() -> None:
    index = PromptIndex([])
    assert index.like(THERE, 0) is None
    index.add(THERE)
    assert index.like(THERE, 100) == THERE


def test_similarity_is_the_share_of_what_two_word_lists_have_in_common() -> None:
    # sorted words "a b c d" and "a b c e": 2 · 6 shared of 14 characters = 85.7
    index = PromptIndex(["d c b a"])
    assert index.like("e a b c", 85.7) == "d c b a"
    assert index.like("e a b c", 85.8) is None
