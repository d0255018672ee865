"""How toxic a text reads, by a local classifier.

The classifier is alt-profanity-check's: a linear support vector machine over word counts, trained on labelled tweets
and Wikipedia comments, with calibrated probabilities. It knows insults and profanity, not polite malice. It was made
for short texts: an insult that scores 1.0 alone scores 0.003 in the middle of 1,500 harmless characters. So a text is
as toxic as its worst sentence. Not here: the limit, which is the policy's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

LONGEST_PIECE = 40  # words; a text without full stops is judged in pieces of this length
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")


def toxicity(texts: Sequence[str]) -> list[float]:
    """How probably, from 0 to 1, the worst sentence of each text is offensive; 0.0 for a blank text.

    The first call imports scikit-learn and the model, which takes seconds; the texts of one call are one batch.
    """
    pieces = [list(_pieces(text)) for text in texts]
    batch = [piece for some in pieces for piece in some]
    if not batch:
        return [0.0] * len(texts)
    from profanity_check import predict_prob

    levels = (min(1.0, max(0.0, float(level))) for level in predict_prob(batch))
    return [max((next(levels) for _ in some), default=0.0) for some in pieces]


def _pieces(text: str) -> Iterator[str]:
    """The sentences and lines of a text, long ones cut."""
    for sentence in _SENTENCE_END.split(text):
        words = sentence.split()
        for start in range(0, len(words), LONGEST_PIECE):
            yield " ".join(words[start : start + LONGEST_PIECE])
