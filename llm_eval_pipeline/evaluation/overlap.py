"""How far answers overlap with their references: BLEU, chrF and ROUGE, one set of scores a pair.

Not here: ROUGE's arithmetic (``rouge``), and any score that needs no reference.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from llm_eval_pipeline.evaluation.rouge import rouge

CHRF_ORDER = 6
CHRF_BETA = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlapScores:
    """One answer against one reference: BLEU and chrF from 0 to 100, ROUGE F-measures from 0 to 1."""

    bleu: float
    chrf: float
    rouge1: float
    rouge2: float
    rougeL: float  # noqa: N815 - the metric's own name, and the column's


def score_pairs(outputs: Sequence[str], references: Sequence[str | None]) -> list[OverlapScores | None]:
    """Scores of each output against the reference at the same place; None where the reference is null or blank.

    BLEU is sacrebleu's sentence score by default (Post 2018): 13a tokens, exponential smoothing, effective order.

    Raises:
        ValueError: when there are not as many references as outputs.
    """
    if len(outputs) != len(references):
        raise ValueError(f"{len(outputs)} outputs and {len(references)} references: there must be one for each")
    if not any(reference and reference.strip() for reference in references):
        return [None] * len(outputs)
    from sacrebleu.metrics.bleu import BLEU

    bleu = BLEU(effective_order=True)
    return [
        _score(output, reference, bleu) if reference and reference.strip() else None
        for output, reference in zip(outputs, references, strict=True)
    ]


def chrf(output: str, reference: str) -> float:
    """chrF of one answer, from 0 to 100: the F2 of its character n-grams, one to six long, without white space.

    Popović 2015, counted as sacrebleu counts by default (orders that a side is too short for are left out), with
    sorted arrays in place of dictionaries, which takes a third of the time on long answers.
    """
    found, expected = _characters(output), _characters(reference)
    grams, shared = np.unique(np.concatenate([found, expected]), return_inverse=True)
    kinds, first = len(grams), shared
    n_found = len(found)
    precision = recall = 0.0
    orders = min(CHRF_ORDER, n_found, len(expected))
    for order in range(1, orders + 1):
        ours, theirs = shared[: n_found - order + 1], shared[n_found:]
        common = int(np.minimum(np.bincount(ours, minlength=kinds), np.bincount(theirs, minlength=kinds)).sum())
        precision, recall = precision + common / len(ours), recall + common / len(theirs)
        # The next order: each n-gram's number and the character after it. Those across the seam are never counted.
        longer = shared[:-1] * len(grams) + first[order:]
        pairs, shared = np.unique(longer, return_inverse=True)
        kinds = len(pairs)
    if not precision:
        return 0.0
    precision, recall = precision / orders, recall / orders
    factor = CHRF_BETA**2
    return 100 * (1 + factor) * precision * recall / (factor * precision + recall)


def _characters(text: str) -> np.ndarray:
    """The code points of a text without its white space."""
    return np.frombuffer("".join(text.split()).encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _score(output: str, reference: str, bleu: Any) -> OverlapScores:
    rouge1, rouge2, rouge_l = rouge(output, reference)
    return OverlapScores(
        bleu=bleu.sentence_score(output, [reference]).score,
        chrf=chrf(output, reference),
        rouge1=rouge1,
        rouge2=rouge2,
        rougeL=rouge_l,
    )
