"""BLEU of single answers, from 0 to 100 (Papineni et al. 2002), as sacrebleu scores sentences (Post 2018).

13a tokens, exponential smoothing, effective order; tested equal to ``sacrebleu.BLEU(effective_order=True)``. Not here:
tokens (``words``), and which rows are compared (``overlap``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from llm_eval_pipeline.evaluation.ngrams import shared_ngrams
from llm_eval_pipeline.evaluation.words import Alphabet, bleu_words, without_markup

LONGEST_NGRAM = 4


def bleu(outputs: Sequence[str], references: Sequence[str], alphabet: Alphabet | None = None) -> list[float]:
    """BLEU of each output against the reference at the same place; 0 where no word is shared.

    ``alphabet`` holds the words of earlier calls, for speed alone.
    """
    words = bleu_words() if alphabet is None else alphabet
    found, expected = ([words.spell(without_markup(text)) for text in texts] for texts in (outputs, references))
    shared = shared_ngrams(found, expected, LONGEST_NGRAM).tolist()
    return [
        sentence_bleu(common, len(ours), len(theirs))
        for common, ours, theirs in zip(shared, found, expected, strict=True)
    ]


def sentence_bleu(common: Sequence[int], n_found: int, n_expected: int) -> float:
    """BLEU from counts.

    Args:
        common: shared n-grams, by length from 1.
        n_found: words of the output.
        n_expected: words of the reference.

    The geometric mean of the precisions of the lengths that the output reaches, times exp(1 - expected / found) when
    it is shorter. A precision of zero is smoothed: the k-th of them is 1 / 2^k of one n-gram (Chen and Cherry 2014,
    method 3, as NIST's mteval).
    """
    if not any(common):
        return 0.0
    halved, logarithms = 1.0, 0.0
    reached = min(len(common), n_found)
    for order in range(reached):
        if not (matches := float(common[order])):
            halved /= 2
            matches = halved
        logarithms += math.log(100 * matches / (n_found - order))
    brevity = 1.0 if n_found >= n_expected else math.exp(1 - n_expected / n_found)
    return brevity * math.exp(logarithms / reached)
