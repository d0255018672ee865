from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_eval_pipeline.production.sample_size import LARGEST_SPREAD, detectable, needed, spread_of
from llm_eval_pipeline.production.seats import fewest_seats, seats_of


def test_the_size_is_the_published_one() -> None:
    # two equal groups (a baseline of one week), α 0.05, power 0.8, a fall of half a standard deviation:
    # 2 · (1.960 + 0.842)² / 0.5² = 62.8, so 63 in each (Cohen 1988, table 2.4.1, gives 64 for t in place of z)
    assert needed(0.5, 1.0, weeks=1, alpha=0.05) == 63


def test_half_the_fall_needs_four_times_as_many() -> None:
    assert needed(0.01, 0.3, weeks=8, alpha=0.01) == pytest.approx(4 * needed(0.02, 0.3, weeks=8, alpha=0.01), abs=4)


def test_a_sample_of_that_size_shows_the_fall_four_times_in_five() -> None:
    spread, fall, weeks, alpha = 0.25, 0.08, 8, 0.01
    n = needed(fall, spread, weeks=weeks, alpha=alpha)
    rng = np.random.default_rng(3)
    shown = 0
    for _ in range(2000):
        before, now = rng.normal(0.8, spread, n * weeks), rng.normal(0.8 - fall, spread, n)
        shown += stats.ttest_ind(before, now).pvalue < alpha
    assert shown / 2000 == pytest.approx(0.8, abs=0.03)


def test_a_drawn_sample_with_unequal_weights_shows_the_fall_four_times_in_five() -> None:
    spread, fall, weeks, alpha = 0.25, 0.08, 8, 0.01
    wanted = needed(fall, spread, weeks=weeks, alpha=alpha)
    sizes = {("a",): 5000, **{(f"rare{number}",): 8 for number in range(30)}}
    drawn = seats_of(sizes, fewest_seats(sizes, wanted, 500))
    weights = np.array([sizes[stratum] / seats for stratum, seats in drawn.items() for _ in range(seats)])
    assert len(weights) > wanted + 10
    rng = np.random.default_rng(5)
    now = rng.normal(0.8 - fall, spread, (4000, len(weights))) @ weights / weights.sum()
    before = (rng.normal(0.8, spread, (weeks, 4000, len(weights))) @ weights / weights.sum()).mean(axis=0)
    error = spread * np.sqrt((weights**2).sum() * (1 + 1 / weeks)) / weights.sum()
    shown = np.abs(before - now) / error > stats.norm.ppf(1 - alpha / 2)
    assert shown.mean() == pytest.approx(0.8, abs=0.02)


def test_what_a_sample_shows_is_what_its_size_was_chosen_for() -> None:
    scores = np.random.default_rng(4).normal(0.8, 0.2, 500)
    shows = detectable(scores.tolist(), [3.0] * 500, weeks=8, alpha=0.01)
    assert shows is not None
    assert needed(shows, float(scores.std(ddof=1)), weeks=8, alpha=0.01) == pytest.approx(500, abs=1)


def test_unequal_weights_show_less() -> None:
    scores = [0.2, 0.4, 0.6, 0.8] * 20
    equal = detectable(scores, [1.0] * 80, weeks=8, alpha=0.01)
    unequal = detectable(scores, [1.0, 1.0, 1.0, 1.0] * 10 + [9.0, 9.0, 9.0, 9.0] * 10, weeks=8, alpha=0.01)
    assert equal is not None
    # the same spread; n Σw² / (Σw)² = 80 · (40 + 40 · 81) / 400² = 1.64, whose root is 1.28
    assert unequal == pytest.approx(equal * 1.64**0.5)


def test_of_too_little_nothing_is_known() -> None:
    assert detectable([0.5], [1.0], weeks=8, alpha=0.01) is None
    assert detectable([0.7] * 90, [1.0] * 90, weeks=8, alpha=0.01) is None
    assert spread_of([0.7] * 90, [1.0] * 90) == LARGEST_SPREAD
    assert spread_of([0.1, 0.9], [1.0, 1.0]) == LARGEST_SPREAD
    assert spread_of([0.5] * 15 + [0.7] * 15, [1.0] * 30) == pytest.approx(0.1017, abs=1e-4)
