"""The terms of a text: its content words and its numbers, the facts that two texts can share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

LONGEST_TEXT = 100_000
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[\u3040-\u30ff\u3400-\u9fff]|[^\W\d_]+")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？])|\n+")
_STOP_WORDS = frozenset(
    re.findall(
        r"\w+",
        """
        a about after again all also am an and any are as at be because been before being but by can could did do
        does doing don during each either else etc ever few for from further get gets had has have having he her
        here hers him his how however i if in into is it its itself just let like ll may me might more most much
        must my neither of off on once only or other our out over own per please re same shall she should since so
        some such than that the their them then there these they this those though through to too under until up
        upon us use used using ve very via was we well were what when where whether which while who whom whose why
        will with within would yes yet you your
        """,
    )
)
_NUMBER_WORDS = {
    word: str(value)
    for value, word in enumerate(
        ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"), 2
    )
}
_ENDINGS = (
    "ations",
    "ation",
    "ingly",
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
)
_NEGATION = re.compile(r"\b(?:not|no|never|cannot|without|neither|nor|none)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Terms:
    """Content words (stemmed) and numbers (without thousands separators) of a text."""

    words: frozenset[str]
    numbers: frozenset[str]
    sequence: tuple[str, ...]

    @property
    def all(self) -> frozenset[str]:
        """Words and numbers."""
        return self.words | self.numbers


def terms(text: str | None) -> Terms:
    """The terms of a text; of a very long one, of its first 100,000 characters."""
    return _terms((text or "")[:LONGEST_TEXT])


@lru_cache(maxsize=4096)
def _terms(text: str) -> Terms:
    sequence = tuple(term for token in _TOKEN.findall(text.lower()) if (term := _term(token)))
    numbers = frozenset(term for term in sequence if term[0].isdigit())
    return Terms(frozenset(sequence) - numbers, numbers, sequence)


@lru_cache(maxsize=65536)
def _term(token: str) -> str:
    """A token as texts are compared by it; empty when it carries no meaning of its own."""
    if token[0].isdigit():
        plain = token.replace(",", "") if re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", token) else token
        return plain.rstrip("0").rstrip(".") if "." in plain else plain
    if token in _NUMBER_WORDS:
        return _NUMBER_WORDS[token]
    if token in _STOP_WORDS or (len(token) < 2 and token.isascii()):
        return ""
    for ending in _ENDINGS:
        if token.endswith(ending) and len(token) - len(ending) >= 3:
            token = token.removesuffix(ending)
            break
    return token.rstrip("eiy") if len(token) > 4 else token


@lru_cache(maxsize=4096)
def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, a line break ending one as well."""
    return tuple(part for part in _SENTENCE_END.split(text[:LONGEST_TEXT].strip()) if part)


def share(part: frozenset[str], whole: frozenset[str], if_empty: float = 1.0) -> float:
    """The share of ``part`` that stands in ``whole``."""
    return len(part & whole) / len(part) if part else if_empty


def negated(text: str) -> bool:
    """Whether a text denies something."""
    return _NEGATION.search(text) is not None
