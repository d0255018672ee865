"""Instructions about how long an output is: words, sentences and paragraphs."""

from __future__ import annotations

import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments
from llm_eval_pipeline.evaluation.instructions.sentences import count_sentences

_WORD = re.compile(r"\w+")
_STARS = re.compile(r"\s?\*\*\*\s?")
_FIRST_WORD = re.compile(r"""'*"*([^.,?!'"\s]*)""")


def number_words(output: str, given: Arguments) -> bool:
    """At least, or less than, so many words; "don't" is two, because letters and digits make a word."""
    return given.holds(len(_WORD.findall(output)), "relation", "num_words")


def number_sentences(output: str, given: Arguments) -> bool:
    """At least, or less than, so many sentences."""
    return given.holds(count_sentences(output), "relation", "num_sentences")


def number_paragraphs(output: str, given: Arguments) -> bool:
    """Exactly so many paragraphs between ``***`` dividers; an empty one in the middle breaks the instruction."""
    paragraphs = [paragraph.strip() for paragraph in _STARS.split(output)]
    if not all(paragraphs[1:-1]):
        return False
    return sum(map(bool, paragraphs)) == given.count("num_paragraphs")


def nth_paragraph_first_word(output: str, given: Arguments) -> bool:
    """Exactly so many paragraphs between blank lines, and the n-th begins with the word.

    The n-th is counted over all pieces between blank lines, as IFEval counts it, so an empty piece takes a place.
    """
    paragraphs = [paragraph.strip() for paragraph in output.split("\n\n")]
    filled, nth = sum(map(bool, paragraphs)), given.count("nth_paragraph")
    if filled != given.count("num_paragraphs") or not 1 <= nth <= filled or not paragraphs[nth - 1]:
        return False
    found = _FIRST_WORD.match(paragraphs[nth - 1])
    return found is not None and found[1].lower() == given.text("first_word").strip().lower()
