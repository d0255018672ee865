"""ROUGE-1, ROUGE-2 and ROUGE-L of single answers (Lin 2004), as F-measures in [0, 1].

Equal to ``rouge_score.RougeScorer`` without stemming: the same words, the same counts, and the longest common
subsequence by a bit-parallel algorithm in place of its quadratic table. Not here: which rows are compared
(``overlap``).
"""

from __future__ import annotations

from collections.abc import Sequence

from rapidfuzz.distance import LCSseq

from llm_eval_pipeline.evaluation.ngrams import shared_ngrams
from llm_eval_pipeline.evaluation.words import Alphabet, rouge_words


def rouge(
    outputs: Sequence[str], references: Sequence[str], alphabet: Alphabet | None = None
) -> list[tuple[float, float, float]]:
    """ROUGE-1, ROUGE-2 and ROUGE-L of each output against the reference at the same place.

    Each is 0 where a side has no words (or, for ROUGE-2, no pair of words). ``alphabet`` holds the words of earlier
    calls, for speed alone.
    """
    spell = (rouge_words() if alphabet is None else alphabet).spell
    found, expected = list(map(spell, outputs)), list(map(spell, references))
    shared = shared_ngrams(found, expected, 2).tolist()
    return [
        (
            _f_measure(singles, len(ours), len(theirs)),
            _f_measure(pairs, len(ours) - 1, len(theirs) - 1),
            _f_measure(LCSseq.similarity(ours, theirs), len(ours), len(theirs)),
        )
        for (singles, pairs), ours, theirs in zip(shared, found, expected, strict=True)
    ]


def _f_measure(common: int, n_found: int, n_expected: int) -> float:
    """The harmonic mean of precision and recall."""
    if not common:
        return 0.0
    precision, recall = common / n_found, common / n_expected
    return 2 * precision * recall / (precision + recall)
