"""Healthy deployments stay quiet and sick ones do not, on a handful of simulated years."""

import numpy as np
import pytest

from benchmarks.drift_simulator import METRICS, WORLDS, alarm_weeks, seen_after, year
from llm_eval_pipeline.drift import assess, incidents


@pytest.mark.parametrize("world", ["still", "benign"])
def test_healthy_years_hardly_alarm(world):
    years = [incidents(assess(year(seed, 2_000, WORLDS[world], None), METRICS)) for seed in range(3)]
    assert sum(one.direction == "degraded" for found in years for one in found) == 0
    assert sum(alarm_weeks(found) for found in years) <= 2


@pytest.mark.parametrize(("shift", "metric"), [("P99 doubles", "latency"), ("20 % fall to 0.20", "quality")])
def test_large_shifts_open_in_their_second_week(shift, metric):
    delays = [
        seen_after(incidents(assess(year(seed, 2_000, WORLDS["benign"], shift), METRICS)), metric) for seed in range(3)
    ]
    assert np.median(delays) == 1


def test_fifteen_overdispersed_metrics_page_nobody_where_the_strict_rule_pages_again_and_again():
    metrics = {f"m{place}": {"kind": "continuous", "better": "lower"} for place in range(15)}
    generator = np.random.default_rng(3)
    grid = np.arange(-5, 5.1, 0.1)
    windows = [{name: _noisy_week(generator, grid) for name in metrics} for _ in range(52)]
    pages = {
        policy: sum(one.direction == "degraded" for one in incidents(assess(windows, metrics, policy=policy)))
        for policy in ("calibrated", "strict")
    }
    assert pages["calibrated"] == 0
    assert pages["strict"] >= 10


def _noisy_week(generator, grid):
    """2,000 rows of a normal whose mean differs from week to week by 0.15 of its deviation."""
    density = np.exp(-((grid - generator.normal(0, 0.15)) ** 2) / 2)
    return grid, generator.multinomial(2_000, density / density.sum())
