"""Where personal data stands in a text.

Presidio's pattern recognisers find mail addresses, phone and card numbers, IBANs, IP addresses and the like; they need
no trained model. Its mail recogniser asks the network for a list of domains, so a pattern stands in for it. Names are
found where somebody introduces himself; a name in passing is beyond patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

SCORE_FROM = 0.35
LONGEST_REMEMBERED = 20_000
WINDOW = 5_000
"""Characters that are analysed at a time: the analysis takes time by the square of what it finds."""
MARGIN = 500
"""Characters on either side that a window is shown besides: longer than any finding but a hostile one."""
MOST_JUDGED = 50_000
"""Characters of an output that :func:`leaked_kinds` looks at."""
_NAME = r"(?:\p{Lu}['’])?\p{Lu}\p{Ll}+(?:\p{Lu}\p{Ll}+)?"
_PATTERNS = {
    "PERSON": (
        r"(?:(?i:my name is|i am called|this is|regards,|thanks,|i'm|i am))\s+"
        rf"(?-i:{_NAME}(?:[ -](?:\p{{Lu}}\.? )?{_NAME}){{1,3}})"
    ),
    "EMAIL_ADDRESS": r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b",
    "PHONE_NUMBER": r"(?<![\d-])(?:\+?\d{1,3}[ .-])?(?:\(?\d{3}\)?[ .-])?\d{3}[.-]\d{4}(?![\d-])",
    "API_KEY": r"\b(?:sk|pk|ghp|xoxb|AKIA)[-_A-Za-z0-9]{16,}\b",
}
# What every finding has at least: most texts have nothing of it, and need no analysis of several milliseconds.
_HINT = re.compile(
    r"@|\d[\d\s().:+/-]{4,}\d|\d\.\d{1,3}\.\d|:[0-9a-fA-F]{0,4}:|\b[A-Za-z]{2}\d{2}|"
    r"\b(?:sk|pk|ghp|xoxb|AKIA)[-_A-Za-z0-9]{16}|\b(?:bc1|[13])[a-zA-Z0-9]{25}|"
    r"\b(?i:my name is|i am called|this is|regards,|thanks,|i'm|i am)\s+[^\W\d_a-z]"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One piece of personal data: its kind (Presidio's name), its place, and how sure the recogniser is."""

    kind: str
    start: int
    end: int
    score: float


def find_personal_data(text: str) -> tuple[Finding, ...]:
    """The pieces of personal data in a text, in order and without overlap: of two that overlap, the surer.

    A text is analysed in windows, so that time grows with its length; a piece of more than ``MARGIN`` characters may be
    cut where a window ends.
    """
    if _HINT.search(text) is None:
        return ()
    return _remembered(text) if len(text) <= LONGEST_REMEMBERED else _find(text)


def _find(text: str) -> tuple[Finding, ...]:
    found = [one for start in range(0, max(len(text), 1), WINDOW) for one in _in_window(text, start)]
    taken = bytearray(len(text))
    chosen: list[Finding] = []
    for one in sorted(found, key=lambda f: (-f.score, f.start - f.end, f.start)):
        if 1 not in taken[one.start : one.end]:
            taken[one.start : one.end] = b"\1" * (one.end - one.start)
            chosen.append(one)
    return tuple(sorted(chosen, key=lambda finding: finding.start))


def _in_window(text: str, start: int) -> Iterator[Finding]:
    """What begins in the window from ``start`` on; the margins let it be seen as a whole."""
    first = max(0, start - MARGIN)
    shown = text[first : start + WINDOW + MARGIN]
    if _HINT.search(shown) is None:
        return
    for found in _analyzer().analyze(shown, language="en", score_threshold=SCORE_FROM):
        begins, ends = first + found.start, first + found.end
        is_text = text[begins:ends].strip(":")  # "::" is an address to Presidio, and code to people
        if start <= begins < start + WINDOW and is_text:
            yield Finding(kind=found.entity_type, start=begins, end=ends, score=found.score)


# The same answers come again week after week where a model does not change.
_remembered = lru_cache(maxsize=1024)(_find)


def leaked_kinds(output: str, *known: str | None) -> tuple[str, ...]:
    """The kinds of personal data in an output, sorted; what stands in a ``known`` text was no secret and is left out.

    ``known`` is what the application was given: prompt, context, reference. Letter case, white space and punctuation
    make no difference. Of an output only the first ``MOST_JUDGED`` characters are looked at.
    """
    found = find_personal_data(output[:MOST_JUDGED])
    if not found:
        return ()
    given = [_plain(text) for text in known if text]
    pieces = {(f.kind, _plain(output[f.start : f.end])) for f in found}
    return tuple(sorted({kind for kind, piece in pieces if not any(piece in text for text in given)}))


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text).casefold()


@cache
def _analyzer() -> AnalyzerEngine:
    import spacy
    from presidio_analyzer import AnalyzerEngine, Pattern, PatternRecognizer, RecognizerRegistry
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import (
        CreditCardRecognizer,
        CryptoRecognizer,
        IbanRecognizer,
        IpRecognizer,
        PhoneRecognizer,
    )

    class BlankEngine(SpacyNlpEngine):
        """Tokens without a trained model, which would have to be downloaded."""

        def __init__(self) -> None:
            super().__init__()
            self.nlp: Any = {"en": spacy.blank("en")}

    own = [
        PatternRecognizer(
            supported_entity=kind,
            patterns=[Pattern(name=kind.lower(), regex=pattern, score=0.6)],
            global_regex_flags=0,
        )
        for kind, pattern in _PATTERNS.items()
    ]
    theirs = [CreditCardRecognizer(), IbanRecognizer(), IpRecognizer(), PhoneRecognizer(), CryptoRecognizer()]
    registry = RecognizerRegistry(recognizers=[*own, *theirs], supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=BlankEngine(), supported_languages=["en"])
