"""Words as the answerer compares them: lower case, without endings, without those that say nothing."""

from __future__ import annotations

import re
from functools import lru_cache

_WORD = re.compile(r"\d+(?:[.,:]\d+)*|[^\W\d_]+(?:['’][^\W\d_]+)?")
_ENDINGS = (
    "ations",
    "ation",
    "ments",
    "ment",
    "ings",
    "ing",
    "ies",
    "ied",
    "ers",
    "ed",
    "es",
    "er",
    "ly",
    "s",
    "e",
    "y",
)
_SHORTEST_STEM = 3
_EMPTY_WORDS = (
    "a about after all also am an and any are as at be been being but by can could did do does doing find for from "
    "get got had has have having he hello her hi him his how i if in into is it its just kindly know let like long "
    "many may me might more most much must my need no not of off on one or our out please question quick regarding "
    "say shall she should so some such tell than thank thanks that the their them then there these they this those "
    "to too up us was we were what whats what's when where which who why will with would yes you your"
)
EMPTY = frozenset(_EMPTY_WORDS.split(" "))


@lru_cache(maxsize=16384)
def content_words(text: str) -> tuple[str, ...]:
    """The stems of a text's words, in order, without words that say nothing; numbers stay as they are."""
    return tuple(stem(word) for word in _WORD.findall(text.lower()) if word not in EMPTY)


@lru_cache(maxsize=16384)
def stem(word: str) -> str:
    """A word without a common English ending, crude and consistent."""
    word = word.replace("’", "'").removesuffix("'s")
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM:
            return word.removesuffix(ending)
    return word


def first_words(text: str, limit: int) -> str:
    """The first words of a text, as they stand."""
    words = text.split()
    return text if len(words) <= limit else " ".join(words[:limit])
