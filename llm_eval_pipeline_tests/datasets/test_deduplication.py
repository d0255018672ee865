"""Deduplication: which prompts count as the same, nearly the same, or new."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.datasets.deduplication import FAMILIAR, NEAR, PromptIndex, boilerplate

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


FRAME = "Extract the order from this message. Reply with one JSON object that follows the schema and nothing else."
MESSAGES = [
    "Message: We received order LK-1, two leak sensors, and it goes out by express today.",
    "Message: Why does nobody answer when I ask for a refund of the smart plug in my kitchen?",
    "Message: Please change the delivery address of my home battery to the one of my sister.",
]
FRAMED = [f"{FRAME}\n\n{message}" for message in MESSAGES]


def test_a_line_that_several_prompts_share_is_boilerplate() -> None:
    shared = boilerplate([*FRAMED, *FRAMED])
    assert len(shared) == 1
    assert PromptIndex(FRAMED[:1]).like(FRAMED[1], FAMILIAR) == FRAMED[0]
    assert PromptIndex(FRAMED[:1], shared).like(FRAMED[1], FAMILIAR) is None


def test_two_prompts_or_one_prompt_often_have_no_boilerplate() -> None:
    assert boilerplate(FRAMED[:2] + FRAMED[:1] * 9) == frozenset()


def test_a_text_in_several_frames_that_others_use_is_no_boilerplate() -> None:
    frames = ["Summarise this:", "In one sentence:", "In short:"]
    prompts = [f"{frame}\n{text}" for frame in frames for text in ("A popular text.", f"Own text for {frame}")]
    assert "a popular text." not in boilerplate(prompts)


def test_one_word_changed_below_boilerplate_is_still_near() -> None:
    index = PromptIndex(FRAMED, boilerplate(FRAMED))
    for prompt, word in zip(FRAMED, ("received", "kitchen", "delivery"), strict=True):
        assert index.like(prompt.replace(word, "extraordinary"), NEAR) == prompt


def test_a_prompt_of_nothing_but_boilerplate_is_compared_as_it_is() -> None:
    assert PromptIndex([*FRAMED, FRAME], boilerplate(FRAMED)).like(FRAME, 100) == FRAME
