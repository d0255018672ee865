"""Shared n-grams: counted as a dictionary counts them, for any symbols and any number of pairs."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation.ngrams import shared_ngrams

TEXTS = st.text(alphabet=st.sampled_from("ab\0c\ud800😀"), max_size=12)


def by_dictionary(found: str, expected: str, longest: int) -> list[int]:
    def grams(text: str, n: int) -> Counter[str]:
        return Counter(text[start : start + n] for start in range(len(text) - n + 1))

    return [(grams(found, n) & grams(expected, n)).total() for n in range(1, longest + 1)]


@given(st.lists(st.tuples(TEXTS, TEXTS), max_size=6), st.integers(1, 6))
def test_counts_are_those_of_a_dictionary(pairs: list[tuple[str, str]], longest: int) -> None:
    counts = shared_ngrams([a for a, _ in pairs], [b for _, b in pairs], longest)
    assert counts.tolist() == [by_dictionary(a, b, longest) for a, b in pairs]


def test_counts_by_hand() -> None:
    # "abab" and "bab": a once in the second; b twice in each; ab once, ba once; bab once.
    assert shared_ngrams(["abab"], ["bab"], 4).tolist() == [[3, 2, 1, 0]]


def test_more_kinds_of_symbols_than_a_key_holds_are_counted_too() -> None:
    # Six symbols of 11 bits and a side are over 64 bits: pairs are taken apart, and one alone is counted by length.
    many = "".join(map(chr, range(100, 1500)))
    pairs = [(many, many[700:] + many[:700]), ("ab", "abc"), (many[::2], many)]
    counts = shared_ngrams([a for a, _ in pairs], [b for _, b in pairs], 6)
    assert counts.tolist() == [by_dictionary(a, b, 6) for a, b in pairs]


def test_no_pair_gives_no_row() -> None:
    assert shared_ngrams([], [], 4).shape == (0, 4)
