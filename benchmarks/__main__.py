"""``make bench``: medians of several runs of each pair, and their ratio. Below 1 is faster than the peer.

Seconds depend on the machine; the ratios are what to look at. Nothing here passes or fails.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from itertools import permutations
from pathlib import Path
from statistics import median

import numpy as np

RUNS = 5
Work = Callable[[], object]


def main() -> None:
    """Run all pairs."""
    sys.stdout.write(f"{'what':50}{'ours':>10}{'peer':>10}{'ratio':>8}   peer\n")
    for what, ours, peer_name, peer in (_ks(), _overlap(), _ingest()):
        ours(), peer()  # imports and caches
        pairs = [(_seconds(ours), _seconds(peer)) for _ in range(RUNS)]
        mine, theirs = median(a for a, _ in pairs), median(b for _, b in pairs)
        ratio = median(a / b for a, b in pairs)
        sys.stdout.write(f"{what:50}{mine * 1e3:8.1f}ms{theirs * 1e3:8.1f}ms{ratio:8.2f}   {peer_name}\n")


def _seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _ks() -> tuple[str, Work, str, Work]:
    """KS of two weeks as profiles, against scipy on the rows behind them."""
    from scipy.stats import ks_2samp as scipys

    from llm_eval_pipeline.drift import ks_2samp

    random = np.random.default_rng(7)
    rows = [np.round(random.lognormal(6, 0.5, 200_000)) for _ in range(2)]
    (x, nx), (y, ny) = (np.unique(values, return_counts=True) for values in rows)
    return "KS, 2 x 200,000 rows as profiles", lambda: ks_2samp(x, nx, y, ny), "scipy on rows", lambda: scipys(*rows)


def _overlap() -> tuple[str, Work, str, Work]:
    """BLEU and ROUGE of 10,000 pairs of 300 characters, against rouge-score and sacrebleu in one process."""
    from rouge_score.rouge_scorer import RougeScorer
    from sacrebleu.metrics import BLEU

    from llm_eval_pipeline.evaluation.bleu import bleu
    from llm_eval_pipeline.evaluation.rouge import rouge
    from llm_eval_pipeline.evaluation.words import bleu_words, rouge_words

    outputs, references = _pairs_of_answers(10_000, 300)
    sacrebleu, scorer = BLEU(effective_order=True), RougeScorer(["rouge1", "rouge2", "rougeL"])

    def ours() -> list[tuple[float, ...]]:
        scores, at_once = list[tuple[float, ...]](), 200
        of_bleu, of_rouge = bleu_words(), rouge_words()
        for start in range(0, len(outputs), at_once):
            found, expected = outputs[start : start + at_once], references[start : start + at_once]
            scores += [
                (b, *r) for b, r in zip(bleu(found, expected, of_bleu), rouge(found, expected, of_rouge), strict=True)
            ]
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
    return f"BLEU, ROUGE of 10,000 pairs (apart by {apart:.0e})", ours, "sacrebleu, rouge-score", peer


def _pairs_of_answers(n: int, length: int) -> tuple[list[str], list[str]]:
    """Two models' recorded answers where the optional data folder has them, else passages of the shipped documents."""
    folder = Path(os.environ.get("LLM_EVAL_SHARED_DATA", "")) / "alpaca_eval"
    if "LLM_EVAL_SHARED_DATA" in os.environ and folder.is_dir():
        models = [json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))]
        pairs = [
            (ours["output"][:length], theirs["output"][:length])
            for one, other in permutations(models, 2)
            for ours, theirs in zip(one, other, strict=True)
        ]
    else:
        documents = sorted((Path(__file__).parents[1] / "data" / "documents").glob("*.md"))
        texts = [document.read_text(encoding="utf-8") for document in documents]
        starts = range(0, max(map(len, texts)) - 2 * length, 7)
        pairs = [
            (text[at : at + length], text[at + length // 3 : at + length // 3 + length])
            for at in starts
            for text in texts
            if at + 2 * length < len(text)
        ]
    chosen = [pairs[number % len(pairs)] for number in range(n)]
    return [output for output, _ in chosen], [reference for _, reference in chosen]


def _ingest() -> tuple[str, Work, str, Work]:
    """A week of spans to profiles, against unpacking and parsing the same files."""
    import gzip

    import orjson

    from llm_eval_pipeline.costs.prices import price_book
    from llm_eval_pipeline.production.landing import land
    from llm_eval_pipeline.production.profiles import profile_days
    from llm_eval_pipeline.production.traces import compile_days
    from llm_eval_pipeline.storage.warehouse import Warehouse

    data = Path(__file__).parents[1] / "data"
    files = sorted((data / "sample_traces").glob("2026-01-0[5-9]*.gz"))
    landing = Path(tempfile.mkdtemp())
    for file in files:
        (landing / file.name).write_bytes(file.read_bytes())
    price = price_book(data / "prices.yaml").price

    def ours() -> None:
        with tempfile.TemporaryDirectory() as folder:
            warehouse = Warehouse(folder)
            days = [file.name[:10] for file in files]
            land(landing, warehouse, price)
            compile_days(days, warehouse)
            profile_days(days, warehouse)

    def parse() -> None:
        for file in files:
            for line in gzip.decompress(file.read_bytes()).splitlines():
                if line.startswith(b"{") and line.endswith(b"}"):
                    orjson.loads(line)

    return "5 days of spans: land, compile, profile", ours, "gunzip and orjson alone", parse


if __name__ == "__main__":
    main()
