"""Whether an answer says only what its sources say: the basis of the hallucination rate.

A sentence is supported when most of its content words and all of its numbers stand in a source. That is a lexical
stand-in for entailment: it needs no model, misses paraphrase, and is calibrated to be strict about numbers.

An answer that may draw only on what it was given is held to that sentence by sentence. One that may draw on the world,
as most chat does, says true things that its reference does not say: it is held to the reference as a whole.
"""

from __future__ import annotations

import re
from functools import lru_cache

SUPPORTED_SHARE = 0.5
MOST_CLAIMS = 5
LONGEST_CLAIM = 200
_WORD = re.compile(r"[^\W\d_]{4,}")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,3}[.)]|[-*•])(?:\s+|$)")
_UP_TO_TWELVE = "zero one two three four five six seven eight nine ten eleven twelve"
_SPELT = {word: str(n) for n, word in enumerate(_UP_TO_TWELVE.split())} | {"twenty": "20", "thirty": "30"}


def unsupported_sentences(output: str, sources: tuple[str, ...]) -> list[str]:
    """The sentences of ``output`` that no source supports, as they stand."""
    words, numbers = set[str](), set[str]()
    for source in sources:
        some_words, some_numbers = _vocabulary(source)
        words |= some_words
        numbers |= some_numbers
    found = []
    for sentence in _sentences(output):
        claim = _LIST_MARK.sub("", sentence)
        if claim.rstrip().endswith(":"):  # a lead-in, such as "Here is what I found:"
            continue
        own_words, own_numbers = _vocabulary(claim)
        covered = len(own_words & words) / len(own_words) if own_words else 1.0
        if covered < SUPPORTED_SHARE or own_numbers - numbers:
            found.append(sentence)
    return found


def grounded(output: str | None, sources: tuple[str, ...], *, closed: bool = True) -> bool | None:
    """Whether the sources support what an answer says; None when there is no output, or no source to hold it against.

    ``closed``: the answer may draw only on its sources, so each sentence must be supported; otherwise at least half.
    """
    if not output or not output.strip() or not any(sources):
        return None
    unsupported = len(unsupported_sentences(output, sources))
    return not unsupported if closed else 2 * unsupported <= len(_sentences(output))


def unsupported_claims(output: str | None, sources: tuple[str, ...]) -> list[str] | None:
    """The first ``MOST_CLAIMS`` unsupported sentences, cut to ``LONGEST_CLAIM`` characters, as evidence.

    None where :func:`grounded` is None; empty where everything is supported.
    """
    if not output or not output.strip() or not any(sources):
        return None
    claims = [" ".join(sentence.split()) for sentence in unsupported_sentences(output, sources)[:MOST_CLAIMS]]
    return [claim if len(claim) <= LONGEST_CLAIM else claim[: LONGEST_CLAIM - 1] + "…" for claim in claims]


def _sentences(text: str) -> list[str]:
    return [sentence for sentence in _SENTENCE_END.split(text.strip()) if _LIST_MARK.sub("", sentence)]


@lru_cache(maxsize=2048)
def _vocabulary(text: str) -> tuple[frozenset[str], frozenset[str]]:
    lowered = text.lower()
    words = frozenset(_stem(word) for word in _WORD.findall(lowered) if word not in _SPELT)
    spelt = {_SPELT[word] for word in re.findall(r"[a-z]+", lowered) if word in _SPELT}
    return words, frozenset(_number(number) for number in _NUMBER.findall(text)) | (spelt - {"1"})


def _number(text: str) -> str:
    """One spelling of a number: 1,000 and 1000.00 are 1000."""
    plain = re.sub(r",(?=\d{3}(?:\D|$))", "", text)
    return plain.rstrip("0").rstrip(".") if "." in plain and plain.count(".") == 1 else plain


def _stem(word: str) -> str:
    """A word without its plural or tense ending."""
    for ending in ("ing", "ed", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 4:
            return word.removesuffix(ending)
    return word
