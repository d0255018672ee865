"""How far answers overlap with their references: BLEU, chrF and ROUGE, one set of scores a pair.

Not here: each metric's arithmetic (``bleu``, ``chrf``, ``rouge``), and any score that needs no reference.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llm_eval_pipeline.evaluation.bleu import bleu
from llm_eval_pipeline.evaluation.chrf import chrf
from llm_eval_pipeline.evaluation.rouge import rouge
from llm_eval_pipeline.evaluation.words import bleu_words, rouge_words

LONGEST = 1_000_000
"""Characters of a pair from which nothing is scored: comparing two such texts takes minutes and says nothing."""
BLOCK = 50_000
"""Characters scored at once: enough to pay for each array operation, few enough to stay in the processor's cache."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapScores:
    """One answer against one reference: BLEU and chrF from 0 to 100, ROUGE F-measures from 0 to 1."""

    bleu: float
    chrf: float
    rouge1: float
    rouge2: float
    rougeL: float  # noqa: N815 - the metric's own name, and the column's


def score_pairs(outputs: Sequence[str], references: Sequence[str | None]) -> list[OverlapScores | None]:
    """Scores of each output against the reference at the same place.

    None where the reference is null or blank, and for a pair of more than ``LONGEST`` characters.

    Raises:
        ValueError: when there are not as many references as outputs.
    """
    if len(outputs) != len(references):
        raise ValueError(f"{len(outputs)} outputs and {len(references)} references: there must be one for each")
    scores: list[OverlapScores | None] = [None] * len(outputs)
    pairs = [
        (place, output, reference)
        for place, (output, reference) in enumerate(zip(outputs, references, strict=True))
        if reference and reference.strip() and len(output) + len(reference) <= LONGEST
    ]
    of_bleu, of_rouge = bleu_words(), rouge_words()
    for block in _blocks(pairs):
        places, found, expected = zip(*block, strict=True)
        of_bleu = bleu_words() if of_bleu.is_full else of_bleu
        of_rouge = rouge_words() if of_rouge.is_full else of_rouge
        metrics = bleu(found, expected, of_bleu), chrf(found, expected), rouge(found, expected, of_rouge)
        for place, b, c, (rouge1, rouge2, rouge_l) in zip(places, *metrics, strict=True):
            scores[place] = OverlapScores(bleu=b, chrf=c, rouge1=rouge1, rouge2=rouge2, rougeL=rouge_l)
    return scores


def _blocks(pairs: Sequence[tuple[int, str, str]]) -> Iterator[list[tuple[int, str, str]]]:
    """Neighbouring pairs with about ``BLOCK`` characters together."""
    block, size = list[tuple[int, str, str]](), 0
    for pair in pairs:
        block.append(pair)
        size += len(pair[1]) + len(pair[2])
        if size >= BLOCK:
            yield block
            block, size = [], 0
    if block:
        yield block
