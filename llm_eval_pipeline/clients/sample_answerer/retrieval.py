"""Looking sentences up: BM25 (Robertson and Zaragoza, 2009) over sentences, each with its document's title."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from llm_eval_pipeline.clients.sample_answerer.documents import Sentence
from llm_eval_pipeline.clients.sample_answerer.words import content_words

SATURATION = 1.2
LENGTH_WEIGHT = 0.5
TITLE_WEIGHT = 0.6


@dataclass(frozen=True, slots=True)
class Hit:
    """A sentence that was found, and how well it fits: the higher the better, 0 is no fit at all."""

    sentence: Sentence
    score: float


class SentenceIndex:
    """An inverted index over sentences.

    Args:
        sentences: what can be found. A sentence's words count once, its title's words ``TITLE_WEIGHT`` times.
    """

    def __init__(self, sentences: Sequence[Sentence]) -> None:
        self._sentences = tuple(sentences)
        postings: dict[str, dict[int, float]] = {}
        for number, sentence in enumerate(self._sentences):
            counts: dict[str, float] = dict(Counter(content_words(sentence.text)))
            for word in set(content_words(sentence.title)):
                counts[word] = counts.get(word, 0.0) + TITLE_WEIGHT
            for word, count in counts.items():
                postings.setdefault(word, {})[number] = count
        lengths = np.array([len(content_words(s.text)) or 1 for s in self._sentences], dtype=float)
        norm = SATURATION * (1 - LENGTH_WEIGHT + LENGTH_WEIGHT * lengths / lengths.mean())
        self._weights = {word: self._weigh(places, norm) for word, places in postings.items()}

    def _weigh(self, places: dict[int, float], norm: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        rarity = math.log(1 + (len(self._sentences) - len(places) + 0.5) / (len(places) + 0.5))
        rows, counts = np.fromiter(places, dtype=int), np.fromiter(places.values(), dtype=float)
        return rows, rarity * counts * (SATURATION + 1) / (counts + norm[rows])

    def search(self, query: str, most: int, allowed: Callable[[Sentence], bool] | None = None) -> list[Hit]:
        """The best sentences for a query, best first; sentences that share no word with it are never found."""
        scores = np.zeros(len(self._sentences))
        for word in sorted(set(content_words(query))):
            if word in self._weights:
                rows, weights = self._weights[word]
                scores[rows] += weights
        order = np.argsort(-np.round(scores, 9), kind="stable")
        hits: list[Hit] = []
        for row in order:
            if len(hits) == most or scores[row] <= 0:
                break
            if allowed is None or allowed(self._sentences[row]):
                hits.append(Hit(self._sentences[row], float(scores[row])))
        return hits
