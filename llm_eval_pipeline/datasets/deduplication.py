"""Telling a new prompt from one that is there already, exactly or nearly."""

from __future__ import annotations

import re
from collections.abc import Iterable

NEAR = 90.0
"""Similarity (0 to 100) from which two prompts are near duplicates: one word in ten changed, or reordered."""
FAMILIAR = 55.0
"""Similarity below which a prompt is unlike everything that is there."""

_SPACE = re.compile(r"\s+")


def normalised(text: str) -> str:
    """Text without case, and with every run of white space as one blank."""
    return _SPACE.sub(" ", text).strip().casefold()


class PromptIndex:
    """Prompts that are there, to hold new ones against.

    Similarity is the token-sort ratio of rapidfuzz: an edit distance over sorted words, 0 to 100.
    """

    def __init__(self, prompts: Iterable[str]) -> None:
        self._prompts = [normalised(prompt) for prompt in prompts]

    def add(self, prompt: str) -> None:
        """Count this one as being there from now on."""
        self._prompts.append(normalised(prompt))

    def nearest(self, prompt: str) -> tuple[str, float]:
        """The most similar prompt and its similarity; ``("", 0.0)`` when there is none."""
        from rapidfuzz import fuzz, process

        found = process.extractOne(normalised(prompt), self._prompts, scorer=fuzz.token_sort_ratio)
        return (found[0], float(found[1])) if found else ("", 0.0)
