"""Corrected means: by hand, against the papers' own package, and how often the interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.intervals import mean_interval
from llm_eval_pipeline.evaluation.judge_quality.prediction_powered import powered_mean

HUMAN = [0, 0.25, 0.5, 0.75, 1, 1, 0.75, 0]
JUDGE = [0.1, 0.2, 0.6, 0.65, 0.9, 1, 0.5, 0.3]
ALONE = [0.2, 0.9, 0.8, 0.7, 0.95, 0.4, 0.6, 0.85, 1, 0.75]


def test_a_mean_by_hand() -> None:
    found = powered_mean(HUMAN, JUDGE, ALONE, weight=1)
    assert found is not None
    # the judge's own mean is 7.15 / 10, people's 4.25 / 8 and the judge's of the same 4.25 / 8: nothing to correct
    assert found.mean.value == pytest.approx(0.715)
    # squares around the mean: 5.6875 - 10 · 0.715² = 0.57525 of ALONE, and 0.195 of HUMAN - JUDGE
    # variances of the means: 0.57525 / 9 / 10 = 0.00639167 and 0.195 / 7 / 8 = 0.00348214, in all 0.00987381
    # Welch: 0.00987381² / (0.00639167² / 9 + 0.00348214² / 7) = 15.545 degrees, t = 2.124955
    assert found.mean.high - found.mean.value == pytest.approx(2.124955 * 0.00987381**0.5, abs=1e-6)


@pytest.mark.parametrize(("weight", "value"), [(1.0, 0.715), (None, 0.65911543), (0.0, 0.53125)])
def test_values_are_those_of_the_papers_package(weight: float | None, value: float) -> None:
    # ppi-python 0.2.3: ppi_mean_pointestimate(HUMAN, JUDGE, ALONE, lam=weight)
    found = powered_mean(HUMAN, JUDGE, ALONE, weight=weight)
    assert found is not None
    assert found.mean.value == pytest.approx(value, abs=1e-8)


def test_without_weight_on_the_judge_it_is_the_peoples_mean() -> None:
    found = powered_mean(HUMAN, JUDGE, ALONE, weight=0)
    assert found is not None
    assert (found.mean.low, found.mean.high) == pytest.approx(mean_interval(np.array(HUMAN, float)))


def test_a_judge_that_is_a_tenth_too_kind_is_put_right() -> None:
    human = np.array([0.2, 0.4, 0.6, 0.8])
    found = powered_mean(human, human + 0.1, [0.5, 0.7, 0.9], weight=1)
    assert found is not None
    assert found.mean.value == pytest.approx(0.6)  # 0.7 as judged


def test_a_judge_that_says_nothing_gets_no_weight() -> None:
    for judge in ([0.5] * 4, [0.9, 0.1, 0.9, 0.1]):
        found = powered_mean([0.2, 0.4, 0.6, 0.8], judge, [0.5] * 4 if judge[0] == 0.5 else [0.1, 0.9])
        assert found is not None
        assert found.weight == 0


@pytest.mark.parametrize(("human", "judge", "alone"), [([], [], ALONE), ([1], [1], ALONE), (HUMAN, JUDGE, [0.5])])
def test_too_few_cases_have_no_mean(human: list[float], judge: list[float], alone: list[float]) -> None:
    assert powered_mean(human, judge, alone) is None


def test_people_and_judge_must_score_the_same_cases() -> None:
    with pytest.raises(ValueError, match="got 2 and 1 scores"):
        powered_mean([1, 0], [1], ALONE)


@pytest.mark.parametrize("weight", [None, 1.0])
def test_the_interval_holds_the_truth_nineteen_times_in_twenty_and_is_narrower_than_the_peoples_alone(
    weight: float | None,
) -> None:
    rng, held, widths = np.random.default_rng(6), 0, []
    for _ in range(1000):
        human = rng.beta(2, 1, 660)  # mean 2/3
        judge = np.clip(human + 0.08 + rng.normal(0, 0.1, 660), 0, 1)
        found = powered_mean(human[:60], judge[:60], judge[60:], weight=weight)
        alone = mean_interval(human[:60])
        assert found is not None
        assert alone is not None
        held += found.mean.low <= 2 / 3 <= found.mean.high
        widths.append((found.mean.high - found.mean.low) / (alone[1] - alone[0]))
    assert 930 <= held <= 970
    assert np.mean(widths) < 0.6


def test_labels_that_were_chosen_need_the_full_weight() -> None:
    # people labelled as many good as bad, of answers that are nine parts good: the tuned weight is drawn to 0.5
    rng, tuned, full = np.random.default_rng(7), 0, 0
    for _ in range(200):
        chosen = np.repeat([0.1, 0.9], 30)
        answers = np.where(rng.random(600) < 0.9, 0.9, 0.1)
        judge, alone = (x + rng.normal(0.05, 0.4, len(x)) for x in (chosen, answers))
        for weight in (None, 1.0):
            found = powered_mean(chosen, judge, alone, weight=weight)
            assert found is not None
            held = found.mean.low <= 0.82 <= found.mean.high  # 0.9 · 0.9 + 0.1 · 0.1
            tuned, full = tuned + (held and weight is None), full + (held and weight is not None)
    assert full >= 180
    assert tuned < 100
