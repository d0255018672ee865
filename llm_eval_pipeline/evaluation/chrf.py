"""chrF of single answers, from 0 to 100 (Popović 2015), as sacrebleu scores sentences by default.

The F2 of character n-grams, one to six long, without white space. Not here: which rows are compared (``overlap``).
"""

from __future__ import annotations

from collections.abc import Sequence

from llm_eval_pipeline.evaluation.ngrams import shared_ngrams

LONGEST_NGRAM = 6
BETA = 2


def chrf(outputs: Sequence[str], references: Sequence[str]) -> list[float]:
    """chrF of each output against the reference at the same place; 0 where no character is shared."""
    found, expected = (["".join(text.split()) for text in texts] for texts in (outputs, references))
    shared = shared_ngrams(found, expected, LONGEST_NGRAM).tolist()
    return [
        sentence_chrf(common, len(ours), len(theirs))
        for common, ours, theirs in zip(shared, found, expected, strict=True)
    ]


def sentence_chrf(common: Sequence[int], n_found: int, n_expected: int) -> float:
    """chrF from shared n-grams by length and both sides' characters; a length that a side lacks is left out."""
    if not any(common):
        return 0.0
    orders = min(len(common), n_found, n_expected)
    precision = sum(common[n] / (n_found - n) for n in range(orders)) / orders
    recall = sum(common[n] / (n_expected - n) for n in range(orders)) / orders
    return 100 * (1 + BETA**2) * precision * recall / (BETA**2 * precision + recall)
