"""BLEU and ROUGE-1/2/L of 10,000 pairs of 300 characters, against sacrebleu and rouge-score in one process.

The pairs are two models' recorded answers where the optional data folder has them, else passages of the shipped
documents.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path

import numpy as np

from benchmarks.pairs import compared
from benchmarks.recorded import recorded
from benchmarks.table import Options, Row

PAIRS, LENGTH, AT_ONCE = 10_000, 300, 200
GOAL = "at most 0.125 × (8 times as fast)"
MODELS = ("Meta-Llama-3-8B-Instruct", "gpt-3.5-turbo-0613", "gpt-4o-2024-05-13", "gpt-4o-mini-2024-07-18")


def rows(options: Options) -> Iterator[Row]:
    """The two ways, and how far apart their values are."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU

    from llm_eval_pipeline.evaluation.bleu import bleu
    from llm_eval_pipeline.evaluation.rouge import rouge
    from llm_eval_pipeline.evaluation.words import bleu_words, rouge_words

    count = PAIRS // 10 if options.quick else PAIRS
    outputs, references = _answers(count)
    sacrebleu, scorer = BLEU(effective_order=True), RougeScorer(["rouge1", "rouge2", "rougeL"])

    def ours() -> list[tuple[float, ...]]:
        scores = list[tuple[float, ...]]()
        of_bleu, of_rouge = bleu_words(), rouge_words()
        for start in range(0, count, AT_ONCE):
            found, expected = outputs[start : start + AT_ONCE], references[start : start + AT_ONCE]
            pairs = zip(bleu(found, expected, of_bleu), rouge(found, expected, of_rouge), strict=True)
            scores += [(b, *r) for b, r in pairs]
        return scores

    def peer() -> list[tuple[float, ...]]:
        return [
            (
                sacrebleu.sentence_score(output, [reference]).score,
                *(score.fmeasure for score in scorer.score(reference, output).values()),
            )
            for output, reference in zip(outputs, references, strict=True)
        ]

    apart = np.abs(np.array(ours()) - np.array(peer())).max()
    what = f"BLEU and ROUGE-1/2/L of {count:,} pairs"
    yield from compared(what, ours, "sacrebleu, rouge-score", peer, options, GOAL)
    yield Row(what=what, who="ours", result=f"{apart:.0e}", ratio="largest difference", goal="at most 1e-9")


def _answers(count: int) -> tuple[list[str], list[str]]:
    files = recorded(*(f"alpaca_eval/{model}.json" for model in MODELS))
    if files is not None:
        models = [json.loads(file.read_text(encoding="utf-8")) for file in files]
        pairs = [
            (ours["output"][:LENGTH], theirs["output"][:LENGTH])
            for one, other in permutations(models, 2)
            for ours, theirs in zip(one, other, strict=True)
        ]
    else:
        documents = sorted((Path(__file__).parents[1] / "data" / "documents").glob("*.md"))
        texts = [document.read_text(encoding="utf-8") for document in documents]
        pairs = [
            (text[at : at + LENGTH], text[at + LENGTH // 3 : at + LENGTH // 3 + LENGTH])
            for at in range(0, max(map(len, texts)) - 2 * LENGTH, 7)
            for text in texts
            if at + 2 * LENGTH < len(text)
        ]
    chosen = [pairs[number % len(pairs)] for number in range(count)]
    return [output for output, _ in chosen], [reference for _, reference in chosen]
