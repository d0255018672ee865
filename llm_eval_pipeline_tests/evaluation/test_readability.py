"""The Flesch-Kincaid grade by hand, and syllables with and without the dictionary."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.evaluation.readability import flesch_kincaid_grade, syllables


def test_the_grade_by_hand() -> None:
    # 6 words, 1 sentence, 6 syllables: 0.39·6 + 11.8·1 − 15.59 = −1.45
    assert flesch_kincaid_grade("The cat sat on the mat.") == pytest.approx(-1.45)
    # 5 words, 2 sentences, in-com-pre-hen-si-ble 6 + 4: 0.39·2.5 + 11.8·2 − 15.59
    assert flesch_kincaid_grade("Incomprehensible, he said. I know.") == pytest.approx(0.39 * 2.5 + 11.8 * 2 - 15.59)


def test_list_items_are_sentences() -> None:
    assert flesch_kincaid_grade("- one cat\n- two cats\n") == pytest.approx(0.39 * 2 + 11.8 - 15.59)


@pytest.mark.parametrize("text", ["", "  \n", "1234 5678", "```***```"])
def test_without_words_there_is_no_grade(text: str) -> None:
    assert flesch_kincaid_grade(text) is None


@pytest.mark.parametrize(
    ("word", "n"),
    [
        ("cat", 1),
        ("table", 2),
        ("don't", 1),
        ("people’s", 2),
        ("zorbled", 2),
        ("blorptions", 2),
        ("hmpf", 1),
        ("grokate", 2),
        ("snabble", 2),
        ("vrale", 1),
        ("plinches", 2),
    ],
)
def test_syllables_from_the_dictionary_or_by_vowels(word: str, n: int) -> None:
    assert syllables(word) == n


def test_any_script_gets_a_grade() -> None:
    assert flesch_kincaid_grade("Привет мир") is not None
