"""BERTScore of single answers (Zhang et al. 2020, arXiv:1904.09675): the F1 of greedily matched token embeddings.

Any model can embed: the seam is ``Embedder``, and ``transformers_embedder`` holds a local model folder behind it. As in
the authors' ``bert-score`` without idf weights and without a baseline: special tokens may be matched and do not count.
Not here: which rows are compared (``text_scores``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np


@dataclass(frozen=True, slots=True, kw_only=True)
class Embedding:
    """A text's tokens: ``vectors`` (tokens × dimensions), and ``counts`` (tokens), false for special ones."""

    vectors: np.ndarray
    counts: np.ndarray


class Embedder(Protocol):
    """Anything that embeds the tokens of texts in their context."""

    def embed(self, texts: Sequence[str]) -> Sequence[Embedding]:
        """One embedding for each text, in order."""
        ...


def bertscore_f1(outputs: Sequence[str], references: Sequence[str | None], embedder: Embedder) -> list[float | None]:
    """BERTScore of each output against the reference at the same place, at most 1.

    None where the reference is null or blank; 0 where the output has no token. A text that stands several times is
    embedded once.

    Raises:
        ValueError: when there are not as many references as outputs.
    """
    if len(outputs) != len(references):
        raise ValueError(f"{len(outputs)} outputs and {len(references)} references: there must be one for each")
    pairs = [(o, r) if r and r.strip() else None for o, r in zip(outputs, references, strict=True)]
    texts = list(dict.fromkeys(text for pair in pairs if pair for text in pair))
    embedded = dict(zip(texts, embedder.embed(texts), strict=True)) if texts else {}
    return [None if pair is None else greedy_f1(embedded[pair[0]], embedded[pair[1]]) for pair in pairs]


def greedy_f1(found: Embedding, expected: Embedding) -> float:
    """The F1 of two texts: each token is matched with the most alike of the other, by cosine.

    Precision is the mean over the counted tokens of ``found``, recall that over those of ``expected``.
    """
    if not found.counts.any() or not expected.counts.any():
        return 0.0
    cosines = _normed(found.vectors) @ _normed(expected.vectors).T
    precision = float(cosines.max(axis=1)[found.counts].mean())
    recall = float(cosines.max(axis=0)[expected.counts].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0


def _normed(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors.astype(np.float64), axis=1, keepdims=True)
    return np.divide(vectors, lengths, out=np.zeros(vectors.shape), where=lengths > 0)
