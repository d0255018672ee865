"""Words as characters: equal words are equal characters, for as many words as there are."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.words import MANY_WORDS, Alphabet, rouge_words


def test_equal_words_are_equal_characters() -> None:
    alphabet = rouge_words()
    first, second = alphabet.spell("The cat's the cat"), alphabet.spell("cat THE")
    assert len(first) == 5
    assert (first[0], first[1]) == (first[3], first[4]) == (second[1], second[0])
    assert len(set(first)) == 3


def test_every_word_has_a_character_of_its_own_beyond_the_surrogates() -> None:
    alphabet = Alphabet(str.split)
    spelt = alphabet.spell(" ".join(map(str, range(70_000))))
    assert len(set(spelt)) == 70_000
    assert spelt.encode()  # a surrogate could not be encoded


def test_an_alphabet_says_when_it_is_full() -> None:
    alphabet = Alphabet(str.split)
    assert not alphabet.is_full
    alphabet.spell(" ".join(map(str, range(MANY_WORDS + 1))))
    assert alphabet.is_full
