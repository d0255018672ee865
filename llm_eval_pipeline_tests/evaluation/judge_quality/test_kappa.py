"""Kappa: against published tables and scikit-learn, at the edges, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from llm_eval_pipeline.evaluation.judge_quality.kappa import cohens_kappa, weighted_kappa

FLEISS = np.array([[75, 1, 4], [5, 4, 1], [0, 0, 10]])
"""Two raters' diagnoses of 100 patients (Fleiss, Levin & Paik 2003, Statistical Methods for Rates, table 18.1)."""


def ratings(table: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = np.indices(table.shape)
    return np.repeat(rows.ravel(), table.ravel()), np.repeat(columns.ravel(), table.ravel())


def test_a_published_table_has_its_kappa_and_the_interval_of_statsmodels() -> None:
    found = cohens_kappa(*ratings(FLEISS))
    assert found is not None
    # (0.89 - 0.66) / (1 - 0.66); expected agreement: 0.8 · 0.8 + 0.1 · 0.05 + 0.1 · 0.15 = 0.66
    assert found.value == pytest.approx(0.23 / 0.34)
    # statsmodels 0.15.0, cohens_kappa(table): standard error 0.08770, after Fleiss, Cohen & Everitt
    assert (found.low, found.high) == pytest.approx((0.5045759580860855, 0.8483652183845026), abs=1e-9)


def test_quadratic_weights_have_the_interval_of_statsmodels() -> None:
    found = weighted_kappa(*ratings(FLEISS))
    assert found is not None
    # statsmodels 0.15.0, cohens_kappa(table, wt="fc")
    assert (found.value, found.low, found.high) == pytest.approx(
        (0.7553191489361702, 0.5853762920455652, 0.9252620058267753), abs=1e-9
    )


def test_both_are_scikit_learns_on_any_ratings() -> None:
    rng = np.random.default_rng(1)
    human = rng.integers(0, 5, 200)
    judge = np.clip(human + rng.integers(-2, 3, 200), 0, 4)
    plain, weighted = cohens_kappa(human, judge), weighted_kappa(human / 4, judge / 4)
    assert plain is not None
    assert weighted is not None
    assert plain.value == pytest.approx(cohen_kappa_score(human, judge), abs=1e-12)
    assert weighted.value == pytest.approx(cohen_kappa_score(human, judge, weights="quadratic"), abs=1e-12)


def test_finer_steps_of_the_judge_need_no_rounding() -> None:
    # with squared distances, kappa is 1 - mean squared gap / (both variances + squared difference of the means):
    # gaps 0, 0.1, 0.1, 0: 0.005; variances 0.171875 and 0.1675; means 0.5625 and 0.5625 + 0 = 0.5625
    human, judge = [0.0, 0.5, 0.75, 1.0], [0.0, 0.6, 0.65, 1.0]
    found = weighted_kappa(human, judge)
    assert found is not None
    assert found.value == pytest.approx(1 - 0.005 / (np.var(human) + np.var(judge)))


@pytest.mark.parametrize(
    ("human", "judge"),
    [
        ([], []),
        ([True], [True]),
        ([True, True, True], [True, True, True]),
        ([True, True, True], [True, False, True]),
    ],
)
def test_too_little_or_one_class_of_people_has_no_kappa(human: list[bool], judge: list[bool]) -> None:
    assert cohens_kappa(human, judge) is None
    assert weighted_kappa(human, judge) is None


def test_a_judge_that_accepts_everything_has_kappa_zero_and_some_doubt() -> None:
    found = cohens_kappa([True] * 5 + [False] * 5, [True] * 10)
    assert found is not None
    assert found.value == 0
    assert found.low < 0 < found.high


def test_full_agreement_on_few_cases_is_not_certain_and_on_many_nearly_so() -> None:
    few, many = (cohens_kappa([True, False] * half, [True, False] * half) for half in (3, 200))
    assert few is not None
    assert many is not None
    assert (few.value, few.high, many.value) == (1.0, 1.0, 1.0)
    assert few.low < 0.6 < 0.98 < many.low < 1


def test_full_disagreement_is_minus_one_at_even_shares() -> None:
    found = cohens_kappa([True, False] * 10, [False, True] * 10)
    assert found is not None
    assert found.value == -1


def test_ratings_of_different_lengths_are_an_error() -> None:
    with pytest.raises(ValueError, match=r"got \(2,\) and \(1,\) ratings"):
        cohens_kappa([True, False], [True])


def test_the_interval_holds_the_truth_nineteen_times_in_twenty() -> None:
    # half are good; the judge is right on 85 % of either: kappa = (0.85 - 0.5) / (1 - 0.5) = 0.7
    rng, held = np.random.default_rng(2), 0
    for _ in range(1000):
        human = rng.random(150) < 0.5
        found = cohens_kappa(human, human ^ (rng.random(150) >= 0.85))
        assert found is not None
        held += found.low <= 0.7 <= found.high
    assert 930 <= held <= 970
