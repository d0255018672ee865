"""How long and in what form a prompt wants its answer, as far as the answerer follows such wishes."""

from __future__ import annotations

import re
from dataclasses import dataclass

from llm_eval_pipeline.clients.sample_answerer.documents import split_sentences
from llm_eval_pipeline.clients.sample_answerer.words import first_words

_NUMBERS = {"a": 1, "one": 1, "single": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_N = r"(\d+|a single|one|two|three|four|five|six)"
_WORDS = re.compile(
    rf"(?:at most|no more than|max(?:imum)?(?: of)?|under|fewer than|less than|up to|within|about|in) {_N} words",
    re.I,
)
_STRICT = re.compile(r"(?:under|fewer than|less than)", re.I)
_SENTENCES = re.compile(rf"(less than |fewer than )?{_N} (?:short |plain |concise )?sentences?\b", re.I)
_DEMANDED = re.compile(r"\b(?:use|include|mention|contain)(?:s|ing)? (?:the )?word [\"“']?(\w+)", re.I)
_FORBIDDEN = re.compile(r"\b(?:not use|not mention|without|avoid)(?: using)? the word [\"“']?(\w+)", re.I)
_BULLETS = re.compile(rf"{_N} (?:short |key )?(?:bullet(?: point)?s?|bullets)\b", re.I)


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the prompt asks of the form; None where it asks nothing."""

    words: int | None
    sentences: int | None
    bullets: int | None
    lower: bool
    upper: bool
    quoted: bool
    no_commas: bool
    ending: str | None
    demanded: str | None
    forbidden: str | None

    @property
    def any(self) -> bool:
        """Whether the prompt asks for any form at all."""
        return any((self.words, self.sentences, self.bullets, self.ending)) or any(
            (self.lower, self.upper, self.quoted, self.no_commas)
        )

    def demands(self, sentence: str) -> bool:
        """Whether a sentence has the word that was asked for."""
        return self.demanded is not None and self.demanded.lower() in sentence.lower()

    def forbids(self, sentence: str) -> bool:
        """Whether a sentence has a word that was not wanted."""
        return self.forbidden is not None and self.forbidden.lower() in sentence.lower()

    def apply(self, text: str) -> str:
        """The text in the form that was asked for."""
        if self.sentences is not None:
            text = " ".join(split_sentences(text)[: self.sentences])
        if self.bullets is not None:
            text = "\n".join(f"* {line}" for line in _pieces(text, self.bullets))
        if self.words is not None and self.bullets is None:
            text = _fit(text, self.words)
        if self.no_commas:
            text = re.sub(r"(\d),(\d)", r"\1\2", text).replace(",", "")
        if self.ending:
            text = f"{text} {self.ending}"
        text = text.lower() if self.lower else text.upper() if self.upper else text
        return f'"{text}"' if self.quoted else text


def wishes_of(instruction: str) -> Wishes:
    """Read the wishes of an instruction."""
    words = _WORDS.search(instruction)
    bound = _count(words.group(1)) - (1 if _STRICT.match(words.group()) else 0) if words else None
    sentences, bullets = _SENTENCES.search(instruction), _BULLETS.search(instruction)
    demanded, forbidden = _DEMANDED.search(instruction), _FORBIDDEN.search(instruction)
    ending = re.search(
        r"(?:end|finish)\b.{0,60}(?:phrase|words?|with)[^\"“]{0,40}[\"“]([^\"”]+)[\"”]", instruction, re.I
    )
    return Wishes(
        words=bound,
        sentences=_count(sentences[2]) - (1 if sentences[1] else 0) if sentences else None,
        bullets=_count(bullets.group(1)) if bullets else None,
        lower=bool(re.search(r"lower ?-?case", instruction, re.I)),
        upper=bool(re.search(r"(?:all (?:in )?capital|upper ?-?case|all caps)", instruction, re.I)),
        quoted=bool(re.search(r"(?:wrap|put|enclose|surround).{0,40}(?:double )?quot", instruction, re.I)),
        no_commas=bool(re.search(r"(?:no|without|any|avoid(?: using)?) commas?", instruction, re.I)),
        ending=ending.group(1) if ending else None,
        demanded=demanded.group(1) if demanded and not forbidden else None,
        forbidden=forbidden.group(1) if forbidden else None,
    )


def _count(text: str) -> int:
    return int(text) if text.isdigit() else _NUMBERS[text.lower().removeprefix("a ")]


def _fit(text: str, most: int) -> str:
    """As many whole sentences as fit into a number of words, at least the beginning of one."""
    kept: list[str] = []
    for sentence in split_sentences(text):
        if len(" ".join([*kept, sentence]).split()) > most:
            break
        kept.append(sentence)
    return " ".join(kept) if kept else first_words(text, most).rstrip(",;:") + "."


def _pieces(text: str, number: int) -> list[str]:
    """So many lines: the sentences, or where there are too few, their clauses."""
    pieces = split_sentences(text)
    if len(pieces) < number:
        pieces = [clause.strip() for piece in pieces for clause in re.split(r"(?<=[,;:]) |, | and ", piece)]
    return pieces[:number]
