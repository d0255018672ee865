"""Instructions about words and letters that an output must or must not hold. Case never matters here."""

from __future__ import annotations

import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments


def existence(output: str, given: Arguments) -> bool:
    """Every keyword occurs, also inside a longer word."""
    lowered = output.lower()
    return all(keyword.lower() in lowered for keyword in given.texts("keywords"))


def frequency(output: str, given: Arguments) -> bool:
    """A keyword occurs at least, or less than, so many times, also inside longer words."""
    found = output.lower().count(given.text("keyword").strip().lower())
    return given.holds(found, "relation", "frequency")


def forbidden_words(output: str, given: Arguments) -> bool:
    """None of the words occurs as a whole word."""
    words = "|".join(re.escape(word) for word in given.texts("forbidden_words"))
    return re.search(rf"(?<!\w)(?:{words})(?!\w)", output, re.IGNORECASE) is None


def letter_frequency(output: str, given: Arguments) -> bool:
    """One character occurs at least, or less than, so many times."""
    letter = given.text("letter").strip().lower()
    if len(letter) != 1:
        raise given.wrong("letter", letter, "one character")
    return given.holds(output.lower().count(letter), "let_relation", "let_frequency")
