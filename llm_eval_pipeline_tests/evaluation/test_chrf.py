"""chrF by hand."""

from __future__ import annotations

import pytest

from llm_eval_pipeline.evaluation.chrf import chrf


def test_chrf_by_hand() -> None:
    # "abcd" against "abce": 3 of 4 characters, 2 of 3 pairs, 1 of 2 triples, 0 of 1; both sides are as long, so
    # precision = recall = F = the mean of the four lengths that there are.
    assert chrf(["ab cd"], ["abce"]) == pytest.approx([100 * (3 / 4 + 2 / 3 + 1 / 2 + 0) / 4])


def test_recall_weighs_four_times() -> None:
    # "a" against "ab": one length; precision 1, recall 1/2: F2 = 5 · 1 · 0.5 / (4 · 1 + 0.5)
    assert chrf(["a"], ["ab"]) == pytest.approx([100 * 5 * 0.5 / 4.5])


def test_nothing_shared_is_zero() -> None:
    assert chrf(["", "a", " "], ["a", "b", " "]) == [0.0, 0.0, 0.0]
