"""BLEU, chrF and ROUGE of 200 pairs, against sacrebleu and rouge-score."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from benchmarks.pairs import compared
from benchmarks.table import Options, Row


def rows(options: Options) -> Iterator[Row]:
    """The two ways."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU, CHRF

    from llm_eval_pipeline.evaluation.overlap import score_pairs

    documents = sorted((Path(__file__).parents[1] / "data" / "documents").glob("*.md"))
    texts = [document.read_text(encoding="utf-8") for document in documents]
    outputs = [text[:400] for text in texts * 5]
    references = [text[100:500] for text in texts * 5]
    bleu, chrf = BLEU(effective_order=True), CHRF()
    rouge = RougeScorer(["rouge1", "rouge2", "rougeL"])

    def peer() -> None:
        for output, reference in zip(outputs, references, strict=True):
            bleu.sentence_score(output, [reference])
            chrf.sentence_score(output, [reference])
            rouge.score(reference, output)

    what = "BLEU, chrF, ROUGE of 200 answers"
    yield from compared(what, lambda: score_pairs(outputs, references), "sacrebleu, rouge-score", peer, options)
