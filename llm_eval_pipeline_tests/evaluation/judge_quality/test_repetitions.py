"""A judge asked again and again: pairs that agree, the spread within a case, Krippendorff's alpha."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.judge_quality.repetitions import (
    agreeing_pairs,
    krippendorff_alpha,
    self_agreement,
    within_sd,
)

KRIPPENDORFF_2011 = [
    *([1, 1, None, 1], [2, 2, 3, 2], [3, 3, 3, 3], [3, 3, 3, 3], [2, 2, 2, 2], [1, 2, 3, 4]),
    *([4, 4, 4, 4], [1, 1, 2, 1], [2, 2, 2, 2], [None, 5, 5, 5], [None, None, 1, 1], [None, None, 3, None]),
]
"""Four observers, twelve units, missing values: section C of Krippendorff's computing note."""


def test_alpha_is_the_published_one() -> None:
    # the note gives 0.849 for interval data; the krippendorff package (0.9.0) 0.8491071428571428
    assert krippendorff_alpha(KRIPPENDORFF_2011) == pytest.approx(0.8491071428571428, abs=1e-12)


def test_pairs_are_counted_within_a_case() -> None:
    # case one: 2 accepted and 1 not: 1 of 3 pairs agrees; case two: 1 of 1; one score alone is no pair
    assert agreeing_pairs([[0.9, 0.8, 0.2], [0.1, 0.3], [0.9]], 0.7) == 2 / 4


def test_the_spread_is_pooled_by_degrees_of_freedom() -> None:
    # squares 0.02 (around 0.8, 2 degrees) and 0.08 (around 0.3, 1 degree): √(0.1 / 3)
    assert within_sd([[0.7, 0.8, 0.9], [0.1, 0.5], [1.0, None]]) == pytest.approx((0.1 / 3) ** 0.5)


def test_a_judge_that_repeats_itself_agrees_fully() -> None:
    found = self_agreement([[0.2] * 3, [0.9] * 3], 0.7)
    assert (found.cases, found.agreeing_pairs, found.alpha) == (2, 1.0, 1.0)
    assert found.within_sd == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize("scores", [[], [[0.5], [0.9]], [[0.5, None], [None, None]]])
def test_without_a_pair_nothing_is_known(scores: list[list[float | None]]) -> None:
    found = self_agreement(scores, 0.7)
    assert (found.cases, found.agreeing_pairs, found.within_sd, found.alpha) == (0, None, None, None)


def test_one_score_for_everything_has_no_alpha() -> None:
    assert krippendorff_alpha([[0.5, 0.5], [0.5, 0.5]]) is None


def test_scores_by_chance_have_an_alpha_near_zero() -> None:
    rng = np.random.default_rng(4)
    found = krippendorff_alpha(rng.random((2000, 3)).tolist())
    assert found is not None
    assert abs(found) < 0.05  # standard error about 1 / √(2000 · 3) = 0.013
