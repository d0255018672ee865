"""P-values of pairs: scipy's where it counts the same, by hand where few, and how often chance is called more."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_eval_pipeline.evaluation import paired_tests
from llm_eval_pipeline.evaluation.paired_tests import mcnemar, sign_flip_pvalue


def permuted(differences: np.ndarray, resamples: float = np.inf) -> float:
    """scipy's p-value of the same question."""
    return float(
        stats.permutation_test(
            (differences,),
            np.sum,
            permutation_type="samples",
            n_resamples=resamples,
            rng=np.random.default_rng(1),
        ).pvalue
    )


@pytest.mark.parametrize("seed", range(5))
def test_few_differences_are_scipys_to_the_last_digit(seed: int) -> None:
    differences = np.round(np.random.default_rng(seed).normal(0.2, 0.4, 11), 1)  # with ties and zeros
    assert sign_flip_pvalue(differences) == pytest.approx(permuted(differences), abs=1e-12)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.1])
def test_more_are_scipys_within_what_drawing_allows(shift: float) -> None:
    differences = np.random.default_rng(2).normal(shift, 0.4, 120)
    found, known = sign_flip_pvalue(differences), permuted(differences, 20_000)
    assert found is not None
    # four standard errors of a share among 9,999 draws and among 20,000
    assert abs(found - known) <= 4 * np.sqrt(known * (1 - known) * (1 / 9_999 + 1 / 20_000)) + 2e-4


def test_where_the_sum_is_taken_as_normal_drawing_says_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    differences = np.random.default_rng(6).choice([0, -0.75, 0.75, 1], 2_000, p=[0.5, 0.24, 0.24, 0.02])
    normal = sign_flip_pvalue(differences)
    monkeypatch.setattr(paired_tests, "DRAWN_UP_TO", 2_000)
    drawn = sign_flip_pvalue(differences)
    assert normal is not None
    assert drawn is not None
    assert normal != drawn
    assert normal == pytest.approx(drawn, abs=0.02)


def test_it_sees_what_wilcoxon_and_students_t_see() -> None:
    random = np.random.default_rng(4)
    base, other = random.normal(0.7, 0.1, 80), random.normal(0.74, 0.1, 80)
    found = sign_flip_pvalue(other - base)
    assert found == pytest.approx(stats.ttest_rel(other, base).pvalue, abs=0.01)
    assert found == pytest.approx(stats.wilcoxon(other, base).pvalue, abs=0.02)


def test_by_hand() -> None:
    # of the 8 sign patterns of 1, 2 and 3 only +6 and -6 are as far out as 6
    assert sign_flip_pvalue(np.array([1.0, 2.0, 3.0])) == 2 / 8
    # zeros have no say
    assert sign_flip_pvalue(np.array([1.0, 0.0, 2.0, 3.0, 0.0])) == 2 / 8


def test_no_difference_is_certain_and_nothing_is_unknown() -> None:
    assert sign_flip_pvalue(np.zeros(50)) == 1.0
    assert sign_flip_pvalue(np.array([0.3])) == 1.0
    assert sign_flip_pvalue(np.array([])) is None


@pytest.mark.parametrize("n", [10, 60, 1_500])
def test_chance_is_called_a_difference_one_time_in_twenty(n: int) -> None:
    random = np.random.default_rng(9)
    tries = 200
    called = 0
    for _ in range(tries):
        # the same two groups of scores for both models
        one, two = (np.where(random.random(n) < 0.2, 0.2, 0.95) for _ in range(2))
        called += (sign_flip_pvalue(two - one) or 0) < 0.05
    assert called / tries < 0.1


@pytest.mark.parametrize(("base", "other"), [(0, 1), (3, 9), (20, 20), (0, 15), (78, 35), (500, 560)])
def test_mcnemar_is_the_exact_binomial(base: int, other: int) -> None:
    assert mcnemar(base, other) == pytest.approx(stats.binomtest(base, base + other, 0.5).pvalue, rel=1e-9)


def test_when_both_pass_the_same_examples_there_is_nothing_to_tell() -> None:
    assert mcnemar(0, 0) == 1.0
