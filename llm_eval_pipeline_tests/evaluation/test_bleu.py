"""BLEU by hand, and its tokens as sacrebleu cuts them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation.bleu import bleu, sentence_bleu
from llm_eval_pipeline.evaluation.words import tokens_13a, without_markup


def test_bleu_by_hand() -> None:
    # Output "the cat sat", reference "the cat sat down": 3 of 3 words, 2 of 2 pairs, 1 of 1 triple; no fourth length
    # is reached, so the precisions are 1; three words against four: exp(1 - 4/3).
    assert bleu(["the cat sat"], ["the cat sat down"]) == pytest.approx([100 * math.exp(-1 / 3)])


def test_a_length_without_a_match_is_smoothed_and_the_next_one_more() -> None:
    # 2 of 4 words; then 0 of 3, 0 of 2 and 0 of 1, counted as 1/2, 1/4 and 1/8 of one.
    expected = 100 * (2 / 4 * (1 / 2) / 3 * (1 / 4) / 2 * (1 / 8) / 1) ** (1 / 4)
    assert sentence_bleu([2, 0, 0, 0], 4, 4) == pytest.approx(expected)
    assert bleu(["a x b y"], ["b u a v"]) == pytest.approx([expected])


@pytest.mark.parametrize(("output", "reference"), [("", "a"), ("a", "b"), (" ", " "), ("a", "")])
def test_nothing_shared_is_zero(output: str, reference: str) -> None:
    assert bleu([output], [reference]) == [0.0]


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("Hello, world.", ["Hello", ",", "world", "."]),
        ("3.14 and 1,000.", ["3.14", "and", "1,000", "."]),
        ("5-6 a-b (c)", ["5", "-", "6", "a-b", "(", "c", ")"]),
        ("don't", ["don't"]),
        ("wait..5 wait...5", ["wait", ".", ".5", "wait", ".", ".", ".", "5"]),
        ("&lt;b&gt;", ["<", "b", ">"]),
        ("hyphen-\nated", ["hyphenated"]),
    ],
)
def test_tokens(text: str, tokens: list[str]) -> None:
    assert [token for piece in without_markup(text).split() for token in tokens_13a(piece)] == tokens


@given(st.one_of(st.text(), st.text(alphabet="a1.,-' \n&lt;gq@é²٣\u2028\x1c<skiped>{}~`[^_")))
def test_tokens_are_sacrebleus(text: str) -> None:
    from sacrebleu.tokenizers.tokenizer_13a import Tokenizer13a

    ours = [token for piece in without_markup(text).split() for token in tokens_13a(piece)]
    assert ours == Tokenizer13a()(text.rstrip()).split()
