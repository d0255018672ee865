"""Telling a new prompt from one that is there already, exactly or nearly."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable

NEAR = 90.0
"""Similarity (0 to 100) from which two prompts are near duplicates: one word in ten changed, or reordered."""
FAMILIAR = 55.0
"""Similarity below which a prompt is unlike everything that is there."""
SEVERAL = 3
"""Prompts with something of their own that a line has to stand in before it is boilerplate."""


def normalised(text: str) -> str:
    """The words of a text, without case, in alphabetical order."""
    return " ".join(sorted(text.casefold().split()))


def boilerplate(prompts: Iterable[str]) -> frozenset[str]:
    """Normalised lines that several different prompts share: an instruction, a schema.

    Only a prompt that also holds a line of its own counts. So a text that is asked about in several frames is no
    boilerplate, though it occurs as often as a rare frame does.
    """
    different = {lines for prompt in prompts if (lines := _lines(prompt))}
    standing = Counter(line for lines in different for line in lines)
    with_own = (lines for lines in different if any(standing[line] == 1 for line in lines))
    return frozenset(line for line, n in Counter(line for lines in with_own for line in lines).items() if n >= SEVERAL)


def _lines(prompt: str) -> frozenset[str]:
    return frozenset(line for raw in prompt.splitlines() if (line := normalised(raw)))


class PromptIndex:
    """Prompts that are there, to hold new ones against.

    Similarity is rapidfuzz's ratio over sorted words (its token-sort ratio), by letters or by whole words, whichever is
    higher: 100 for the same words in any order, 0 for nothing in common. Boilerplate lines are left out of it, unless a
    prompt is nothing else: a schema that all share is longer than what tells them apart.
    """

    def __init__(self, prompts: Iterable[str], ignored: Collection[str] = frozenset()) -> None:
        self._ignored = ignored
        self._prompts: list[str] = []
        self._texts: list[str] = []
        self._words: list[list[str]] = []
        for prompt in prompts:
            self.add(prompt)

    def add(self, prompt: str) -> None:
        """Count this one as being there from now on."""
        self._prompts.append(prompt)
        self._texts.append(text := self._compared(prompt))
        self._words.append(text.split())

    def like(self, prompt: str, similarity: float) -> str | None:
        """A prompt that is at least so similar, the most similar one; None when there is none."""
        from rapidfuzz import fuzz, process

        text = self._compared(prompt)
        by_letter = process.extractOne(text, self._texts, scorer=fuzz.ratio, score_cutoff=similarity)
        by_word = process.extractOne(text.split(), self._words, scorer=fuzz.ratio, score_cutoff=similarity)
        found = max((one for one in (by_letter, by_word) if one), key=lambda one: one[1], default=None)
        return self._prompts[found[2]] if found else None

    def _compared(self, prompt: str) -> str:
        kept = " ".join(line for line in prompt.splitlines() if normalised(line) not in self._ignored)
        return normalised(kept) or normalised(prompt)
