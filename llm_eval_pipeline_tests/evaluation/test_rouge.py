"""ROUGE by hand."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.evaluation.rouge import rouge


def test_rouge_by_hand() -> None:
    # 3 of 3 words found, 3 of 4 expected: F = 2·1·0.75 / 1.75; "the cat" is 1 of 2 pairs and 1 of 3: F = 0.4;
    # the longest common subsequence is "the cat sat", 3 words.
    assert rouge(["the cat sat"], ["the cat also sat"]) == [pytest.approx((1.5 / 1.75, 0.4, 1.5 / 1.75))]


def test_the_order_of_words_counts_in_the_longest_subsequence_alone() -> None:
    # 3 of 3 words; no pair in common; one word in order: 1/3.
    assert rouge(["a b c"], ["c b a"]) == [pytest.approx((1, 0, 1 / 3))]


def test_nothing_in_common_and_no_words_are_zero() -> None:
    assert rouge(["a b", "", "a"], ["c d", "a", "日本"]) == [(0.0, 0.0, 0.0)] * 3


def test_words_are_ascii_letters_and_digits_in_any_case() -> None:
    # Don't, naïve-3! is don, t, na, ve, 3.
    assert rouge(["Don't, naïve-3!"], ["don t na ve 3"]) == [(1.0, 1.0, 1.0)]
