"""ROUGE equals the reference library."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation.rouge import rouge, words

WORDS = st.lists(st.sampled_from(["the", "cat", "sat", "on", "mat", "A,", "7"]))
TEXTS = st.one_of(st.text(max_size=60), WORDS.map(" ".join))


@settings(deadline=None)  # the first example imports the library
@given(TEXTS, TEXTS)
def test_rouge_equals_rouge_score(output: str, reference: str) -> None:
    from rouge_score.rouge_scorer import RougeScorer

    expected = RougeScorer(["rouge1", "rouge2", "rougeL"]).score(reference, output)
    assert rouge(output, reference) == pytest.approx([score.fmeasure for score in expected.values()], abs=1e-9)


def test_rouge_by_hand() -> None:
    # 3 of 3 words found, 3 of 4 expected: F = 2·1·0.75 / 1.75; "the cat" is 1 of 2 pairs and 1 of 3: F = 0.4;
    # the longest common subsequence is "the cat sat", 3 words.
    assert rouge("the cat sat", "the cat also sat") == pytest.approx([1.5 / 1.75, 0.4, 1.5 / 1.75])


def test_nothing_in_common_and_no_words_are_zero() -> None:
    assert rouge("a b", "c d") == (0.0, 0.0, 0.0)
    assert rouge("", "a") == rouge("a", "日本") == (0.0, 0.0, 0.0)


def test_words_are_ascii_letters_and_digits() -> None:
    assert words("Don't, naïve-3!") == ["don", "t", "na", "ve", "3"]
