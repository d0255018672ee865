"""ROUGE-1, ROUGE-2 and ROUGE-L of one answer against one reference (Lin 2004), as F-measures in [0, 1].

Equal to ``rouge_score.RougeScorer`` without stemming: the same words, the same counts, and the longest common
subsequence by a bit-parallel algorithm in place of its quadratic table. Not here: which rows are compared.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from rapidfuzz.distance import LCSseq

_WORD = re.compile(r"[a-z0-9]+")


def rouge(output: str, reference: str) -> tuple[float, float, float]:
    """ROUGE-1, ROUGE-2 and ROUGE-L; each 0 where a side has no words (or, for ROUGE-2, no pair of words)."""
    found, expected = words(output), words(reference)
    common = LCSseq.similarity(*_numbered(found, expected))
    return (
        _overlap(found, expected),
        _overlap(list(pairwise(found)), list(pairwise(expected))),
        _f_measure(common, len(found), len(expected)),
    )


def words(text: str) -> list[str]:
    """The words that ROUGE counts: runs of a to z and 0 to 9 in lower case; other scripts have none."""
    return _WORD.findall(text.lower())


def _overlap(found: Sequence[object], expected: Sequence[object]) -> float:
    common = (Counter(found) & Counter(expected)).total()
    return _f_measure(common, len(found), len(expected))


def _numbered(found: list[str], expected: list[str]) -> tuple[list[int], list[int]]:
    """Both lists with each word as a number of its own, so that no two words can share a hash."""
    numbers: dict[str, int] = {}
    first = [numbers.setdefault(word, len(numbers)) for word in found]
    return first, [numbers.setdefault(word, len(numbers)) for word in expected]


def _f_measure(common: int, n_found: int, n_expected: int) -> float:
    """The harmonic mean of precision and recall."""
    if not common:
        return 0.0
    precision, recall = common / n_found, common / n_expected
    return 2 * precision * recall / (precision + recall)
