"""Whether an answer says only what its sources say: the basis of the hallucination rate.

A sentence is supported when most of its content words and all of its numbers stand in a source. That is a lexical
stand-in for entailment: it needs no model, misses paraphrase, and is calibrated to be strict about numbers.
"""

from __future__ import annotations

import re
from functools import lru_cache

SUPPORTED_SHARE = 0.5
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def unsupported_sentences(output: str, sources: tuple[str, ...]) -> list[str]:
    """The sentences of ``output`` that no source supports, as they stand."""
    words, numbers = set[str](), set[str]()
    for source in sources:
        some_words, some_numbers = _vocabulary(source)
        words |= some_words
        numbers |= some_numbers
    found = []
    for sentence in _SENTENCE_END.split(output.strip()):
        own_words, own_numbers = _vocabulary(sentence)
        covered = len(own_words & words) / len(own_words) if own_words else 1.0
        if covered < SUPPORTED_SHARE or own_numbers - numbers:
            found.append(sentence)
    return found


def grounded(output: str | None, sources: tuple[str, ...]) -> bool | None:
    """Whether every sentence is supported; None when there is no output or no source to hold it against."""
    if not output or not any(sources):
        return None
    return not unsupported_sentences(output, sources)


@lru_cache(maxsize=16384)
def _vocabulary(text: str) -> tuple[frozenset[str], frozenset[str]]:
    words = frozenset(_stem(word) for word in _WORD.findall(text.lower()))
    return words, frozenset(number.strip(".,") for number in _NUMBER.findall(text))


def _stem(word: str) -> str:
    """A word without its plural or tense ending."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
