"""Two groups behind one mean: found where there are two, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.quality_shape import readings, split, unimodal_limit

TRIES = 300


def flagged(draw: str, n: int, tries: int = TRIES) -> float:
    """The share of samples that are called two groups."""
    random = np.random.default_rng(17)
    draws = {
        "even": lambda: random.random(n),
        "normal": lambda: np.clip(random.normal(0.7, 0.15, n), 0, 1),
        "near one with a tail": lambda: random.beta(9, 1, n),
        "five steps": lambda: random.choice([0, 0.25, 0.5, 0.75, 1], n, p=[0.05, 0.1, 0.2, 0.35, 0.3]),
        "two groups": lambda: np.where(
            random.random(n) < 0.2, random.normal(0.2, 0.07, n), random.normal(0.95, 0.03, n)
        ),
        "two broad groups": lambda: np.where(random.random(n) < 0.4, random.beta(4, 8, n), random.beta(18, 2, n)),
    }
    return float(np.mean([cut is not None and cut.bimodal for cut in (split(draws[draw]()) for _ in range(tries))]))


def test_a_mean_of_080_made_of_095_and_020_is_two_groups() -> None:
    cut = split(np.array([0.95] * 80 + [0.20] * 20))
    assert cut is not None
    # 0.8 · 0.95 + 0.2 · 0.20 = 0.80, and nothing varies inside the groups
    assert (cut.separability, cut.low.sum(), cut.bimodal) == (pytest.approx(1.0), 20, True)
    assert (cut.low_mean, cut.high_mean) == (pytest.approx(0.20), pytest.approx(0.95))


def test_a_mean_of_080_made_of_answers_of_about_080_is_one() -> None:
    cut = split(0.80 + 0.05 * np.random.default_rng(1).standard_normal(100))
    assert cut is not None
    assert not cut.bimodal


def test_the_split_is_where_the_variance_between_is_largest() -> None:
    scores = np.array([0.0, 0.1, 0.1, 0.2, 0.6, 0.7, 0.8, 0.9, 0.9, 1.0] * 2)
    cut = split(scores)
    assert cut is not None

    def between(at: float) -> float:
        low, high = scores[scores <= at], scores[scores > at]
        return len(low) * len(high) * (low.mean() - high.mean()) ** 2 / len(scores) ** 2

    assert cut.separability == pytest.approx(max(between(at) for at in np.unique(scores)[:-1]) / scores.var())
    assert scores[cut.low].max() == 0.2


@pytest.mark.parametrize("shape", ["normal", "near one with a tail", "five steps"])
@pytest.mark.parametrize("n", [20, 60, 300])
def test_one_peak_is_not_two_groups(shape: str, n: int) -> None:
    assert flagged(shape, n) < 0.02


@pytest.mark.parametrize("n", [20, 60, 300])
def test_even_scores_are_not_two_groups(n: int) -> None:
    # 0.75 of their variance lies between the halves, the limit of what a split in the middle may show
    assert flagged("even", n) < 0.06


def test_two_groups_are_found_the_surer_the_more_there_are() -> None:
    assert flagged("two groups", 30) > 0.8
    assert flagged("two groups", 60) > 0.97
    assert flagged("two broad groups", 300) > 0.97


def test_all_the_same_is_one_group() -> None:
    cut = split(np.full(50, 0.7))
    assert cut is not None
    assert (cut.separability, cut.bimodal) == (0.0, False)


@pytest.mark.parametrize("n", [0, 1, 9, 19])
def test_too_few_say_nothing_of_a_shape(n: int) -> None:
    assert split(np.array(([0.1, 0.9] * 10)[:n])) is None


def test_outliers_are_no_group_and_groups_that_are_close_are_none_for_a_reader() -> None:
    outliers, close = split(np.array([0.95] * 97 + [0.1] * 3)), split(np.array([0.80] * 50 + [0.95] * 50))
    assert outliers is not None
    assert close is not None
    assert not outliers.bimodal
    assert not close.bimodal
    assert close.separability == pytest.approx(1.0)


def test_one_example_asked_often_is_no_evidence_of_two_groups() -> None:
    scores = np.random.default_rng(2).permutation([0.95, 0.90] * 8 + [0.2, 0.25] * 2)
    assert split(scores, np.zeros(20)).bimodal is False  # type: ignore[union-attr]
    assert split(scores, np.arange(20)).bimodal is True  # type: ignore[union-attr]


@pytest.mark.parametrize("seed", range(40))
def test_no_single_peak_gets_past_the_limit(seed: int) -> None:
    """Any single-peaked distribution is a mixture of even ones that share the peak (Khinchin)."""
    random = np.random.default_rng(seed)
    grid = np.linspace(0, 1, 2001)
    peak = random.choice([1.0, random.random()])
    weight = np.zeros_like(grid)
    for _ in range(random.integers(1, 5)):
        low, high = peak * random.choice([0, random.random()]), peak + (1 - peak) * random.random()
        inside = (grid >= low) & (grid <= max(high, low + 0.05))
        weight[inside] += random.random() ** 3 / inside.sum()
    weight[np.abs(grid - peak).argmin()] += random.choice([0, random.random(), 20 * random.random()]) * weight.sum()
    weight /= weight.sum()
    mean = weight @ grid
    share, below = np.cumsum(weight)[:-1], np.cumsum(weight * grid)[:-1]
    spread = np.where((share > 0) & (share < 1), share * (1 - share), np.inf)
    between = (mean * share - below) ** 2 / spread
    best = between.argmax()
    assert between[best] / (weight @ (grid - mean) ** 2) <= unimodal_limit(share[best]) + 0.002


def test_the_limit_is_known_at_its_ends() -> None:
    # most scores at 1 and a thin even tail: 8/9; all scores even: 3/4
    assert unimodal_limit(0.0) == pytest.approx(8 / 9)
    assert unimodal_limit(0.5) == pytest.approx(3 / 4)
    assert unimodal_limit(0.8) == unimodal_limit(0.2) == pytest.approx(0.8607, abs=1e-4)


def test_a_person_reads_the_two_groups() -> None:
    def row(metric: str, value: float | None, model: str) -> dict[str, object]:
        return {"model": model, "feature": "all", "metric": f"eval/quality_{metric}", "value": value}

    names = ("low_group_share", "low_group_mean", "high_group_mean")
    two = [row(name, value, "a") for name, value in zip(names, (0.2, 0.204, 0.951), strict=True)]
    one = [row(name, None, "b") for name in names]
    assert readings([*two, *one]) == [
        {"model": "a", "feature": "all", "quality": "20% of answers average 0.20, the rest 0.95"}
    ]
