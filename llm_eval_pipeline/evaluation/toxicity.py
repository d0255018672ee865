"""How toxic a text reads, by a local classifier.

The classifier is alt-profanity-check's: a linear support vector machine over word counts, trained on labelled tweets
and Wikipedia comments, with calibrated probabilities. It knows insults and profanity, not polite malice. Not here:
the limit, which is the policy's.
"""

from __future__ import annotations

from collections.abc import Sequence


def toxicity(texts: Sequence[str]) -> list[float]:
    """The probability, from 0 to 1, that each text is offensive; 0.0 for a blank one.

    The first call imports scikit-learn and the model, which takes seconds; texts of one call are judged in one batch.
    """
    filled = [text for text in texts if text.strip()]
    if not filled:
        return [0.0] * len(texts)
    from profanity_check import predict_prob

    levels = iter(predict_prob(filled))
    return [min(1.0, max(0.0, float(next(levels)))) if text.strip() else 0.0 for text in texts]
