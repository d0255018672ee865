"""Telling a new prompt from one that is there already, exactly or nearly."""

from __future__ import annotations

from collections.abc import Iterable

NEAR = 90.0
"""Similarity (0 to 100) from which two prompts are near duplicates: one word in ten changed, or reordered."""
FAMILIAR = 55.0
"""Similarity below which a prompt is unlike everything that is there."""


def normalised(text: str) -> str:
    """The words of a text, without case, in alphabetical order."""
    return " ".join(sorted(text.casefold().split()))


class PromptIndex:
    """Prompts that are there, to hold new ones against.

    Similarity is rapidfuzz's ratio over sorted words (its token-sort ratio): 100 for the same words in any order, 0 for
    nothing in common.
    """

    def __init__(self, prompts: Iterable[str]) -> None:
        self._prompts = list(prompts)
        self._words = [normalised(prompt) for prompt in self._prompts]

    def add(self, prompt: str) -> None:
        """Count this one as being there from now on."""
        self._prompts.append(prompt)
        self._words.append(normalised(prompt))

    def like(self, prompt: str, similarity: float) -> str | None:
        """A prompt that is at least so similar, the most similar one; None when there is none."""
        from rapidfuzz import fuzz, process

        found = process.extractOne(normalised(prompt), self._words, scorer=fuzz.ratio, score_cutoff=similarity)
        return self._prompts[found[2]] if found else None
