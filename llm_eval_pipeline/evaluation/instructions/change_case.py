"""Instructions about upper and lower case."""

from __future__ import annotations

import re

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments
from llm_eval_pipeline.evaluation.instructions.language import is_in_language

# What the Penn Treebank tokenizer sets apart from a word: brackets, most marks, dashes, and the ends of contractions.
_BETWEEN = re.compile(
    r"""[\s()\[\]{}<>"“”?!;@#$%&]+|--+|\.{2,}|[:,](?!\d)|(?<=\w)(?=n't\b|'(?:s|m|d|ll|re|ve)\b)|(?<!\w)['‘`]+""",
    re.IGNORECASE,
)


def capital_word_frequency(output: str, given: Arguments) -> bool:
    """At least, or less than, so many words in capitals; "I" is one."""
    found = sum(word.isupper() for word in _BETWEEN.split(output) if word)
    return given.holds(found, "capital_relation", "capital_frequency")


def english_capital(output: str, given: Arguments) -> bool:
    """English, in capitals only."""
    return output.isupper() and is_in_language(output, "en")


def english_lowercase(output: str, given: Arguments) -> bool:
    """English, without a capital."""
    return output.islower() and is_in_language(output, "en")
