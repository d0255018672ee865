"""Personal data out of production text, before it becomes an example that people share.

Presidio's pattern recognisers find mail addresses, phone and card numbers, IBANs, IP addresses and the like; they need
no trained model. Its mail recogniser asks the network for a list of domains, so a pattern stands in for it. Names are
found where somebody introduces himself; a name in passing is beyond patterns, which is why text with any finding waits
for a person's review.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

SCORE_FROM = 0.35
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Scrubbed:
    """Text without personal data, and the kinds that were found, sorted."""

    text: str
    found: tuple[str, ...]


def scrub(text: str) -> Scrubbed:
    """Replace each piece of personal data by its kind in angle brackets, such as ``<EMAIL_ADDRESS>``."""
    results = _analyzer().analyze(text, language="en", score_threshold=SCORE_FROM)
    spans = sorted(results, key=lambda r: (-r.score, r.start - r.end))
    chosen: list[tuple[int, int, str]] = []
    for span in spans:
        if all(span.end <= start or span.start >= end for start, end, _ in chosen):
            chosen.append((span.start, span.end, span.entity_type))
    for start, end, kind in sorted(chosen, reverse=True):
        text = f"{text[:start]}<{kind}>{text[end:]}"
    return Scrubbed(text=text, found=tuple(sorted({kind for _, _, kind in chosen})))


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
