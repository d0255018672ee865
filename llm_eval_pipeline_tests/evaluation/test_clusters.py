"""Repetitions of one example: they never count as new examples, and without them nothing changes."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.clusters import cluster_sums, effective_rows, mean_error
from llm_eval_pipeline.evaluation.intervals import mean_interval, quantile_interval, rate_interval, wilson

RANDOM = np.random.default_rng(3)
SCORES = RANDOM.random(40)
ALONE = np.arange(40)


def test_rows_of_one_example_are_summed() -> None:
    assert cluster_sums(np.array([1.0, 2.0, 4.0, 8.0]), np.array([7, 3, 7, 3])).tolist() == [10.0, 5.0]


def test_one_row_per_example_is_as_without_clusters() -> None:
    hits = (SCORES > 0.7).astype(float)
    assert mean_interval(SCORES, ALONE) == pytest.approx(mean_interval(SCORES), abs=1e-12)
    assert rate_interval(hits, ALONE) == pytest.approx(rate_interval(hits), abs=1e-12)
    assert quantile_interval(SCORES, 0.25, ALONE) == quantile_interval(SCORES, 0.25)


def test_repetitions_that_say_the_same_tell_nothing_new() -> None:
    tripled, examples = np.repeat(SCORES, 3), np.repeat(ALONE, 3)
    assert mean_interval(tripled, examples) == pytest.approx(mean_interval(SCORES), abs=1e-12)
    # simple variance / n: s² of 120 rows is s² of 40 · (39 · 3) / 119, over 120; clustered: s² of 40 over 40
    assert effective_rows(tripled, examples) == pytest.approx(40 * 39 * 3 / 119)
    hits = (tripled > 0.7).astype(float)
    assert rate_interval(hits, examples) == pytest.approx(wilson(hits.mean() * 39.33, 39.33), abs=1e-3)


def test_by_hand() -> None:
    # mean 0.5; residuals summed by example: -0.5 - 0.3 = -0.8 and 0.3 + 0.5 = 0.8
    # √(2 / 1 · (0.64 + 0.64)) / 4 = 0.4
    assert mean_error(np.array([0.0, 0.2, 0.8, 1.0]), np.array([0, 0, 1, 1])) == pytest.approx(0.4)


def test_repetitions_that_know_nothing_of_each_other_are_worth_all_rows() -> None:
    alternating = np.array([0.0, 1.0] * 30)
    assert effective_rows(alternating, np.repeat(np.arange(30), 2)) == 60


def test_rows_that_are_all_alike_are_worth_their_examples() -> None:
    never, examples = np.zeros(30), np.repeat(np.arange(10), 3)
    assert rate_interval(never, examples) == wilson(0, 10)
    assert rate_interval(1 - never, examples) == wilson(10, 10)


def test_one_example_however_often_asked_has_no_interval_of_its_mean() -> None:
    assert mean_interval(SCORES, np.zeros(40)) is None
    with pytest.raises(ValueError, match="1 clusters say nothing"):
        mean_error(SCORES, np.zeros(40))


@pytest.mark.parametrize("what", ["mean", "rate", "median"])
def test_intervals_hold_the_truth_where_repetitions_depend_on_each_other(what: str) -> None:
    held, ignored, tries = 0, 0, 400
    generator = np.random.default_rng(11)
    examples = np.repeat(np.arange(60), 5)
    for _ in range(tries):
        # an example's own level, and a little chance in each of its 5 repetitions; symmetric around 0
        values = np.repeat(generator.normal(size=60), 5) + 0.3 * generator.normal(size=300)
        if what == "rate":
            values = (values > 0).astype(float)
        truth = 0.5 if what == "rate" else 0.0
        rule = {
            "mean": mean_interval,
            "rate": rate_interval,
            "median": lambda v, c=None: quantile_interval(v, 0.5, c),
        }[what]
        low, high = rule(values, examples)
        held += low <= truth <= high
        low, high = rule(values)
        ignored += low <= truth <= high
    assert held / tries > 0.92
    assert ignored / tries < 0.75, "an interval that takes repetitions for examples is far too short"
