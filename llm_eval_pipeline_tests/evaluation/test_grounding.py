"""Grounding: numbers are held strictly, words mostly, and nothing is judged without a source."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.grounding import (
    LONGEST_CLAIM,
    MOST_CLAIMS,
    grounded,
    unsupported_claims,
    unsupported_sentences,
)

SOURCE = "Parcels leave the warehouse on Monday. Returns are free within 30 days of delivery."


def test_a_sentence_in_the_sources_words_is_supported() -> None:
    assert grounded("Returning is free within 30 days.", (SOURCE,)) is True
    assert unsupported_sentences("Parcels leave on Monday.", (SOURCE,)) == []


def test_a_number_that_no_source_has_is_unsupported() -> None:
    answer = "Parcels leave on Monday. Returns are free within 60 days."
    assert unsupported_sentences(answer, (SOURCE,)) == ["Returns are free within 60 days."]
    assert grounded(answer, (SOURCE,)) is False


def test_a_claim_in_words_that_no_source_has_is_unsupported() -> None:
    assert grounded("Elephants invented spaceships yesterday.", (SOURCE,)) is False


def test_a_second_source_counts_too() -> None:
    assert grounded("Returns are free within 60 days.", (SOURCE, "Members: 60 days.")) is True


def test_nothing_is_known_without_output_or_source() -> None:
    assert grounded(None, (SOURCE,)) is None
    assert grounded("", (SOURCE,)) is None
    assert grounded("Anything.", ()) is None
    assert grounded("Anything.", ("",)) is None


def test_text_of_no_claim_is_supported() -> None:
    assert grounded("Yes, it is so.", (SOURCE,)) is True


def test_an_answer_that_may_draw_on_the_world_is_held_to_the_source_as_a_whole() -> None:
    half = "Sure, happily! Parcels leave on Monday."
    most = "Sure, happily! Elephants invented spaceships. Parcels leave on Monday."
    assert (grounded(half, (SOURCE,)), grounded(half, (SOURCE,), closed=False)) == (False, True)
    assert grounded(most, (SOURCE,), closed=False) is False  # two of three


def test_a_lists_number_is_no_claim() -> None:
    assert unsupported_sentences("7. Parcels leave on Monday.\n8.\n- Returns are free.", (SOURCE,)) == []


def test_the_claims_that_are_kept_are_few_and_short() -> None:
    answer = " ".join(f"Elephants invented {n}00 spaceships {'yesterday ' * 50}in secret." for n in range(1, 9))
    claims = unsupported_claims(answer, (SOURCE,))
    assert claims is not None
    assert len(claims) == MOST_CLAIMS
    assert {len(claim) for claim in claims} == {LONGEST_CLAIM}
    assert claims[0].startswith("Elephants invented 100 spaceships")
    assert unsupported_claims("Parcels leave on Monday.", (SOURCE,)) == []
    assert unsupported_claims("Anything.", ()) is None
