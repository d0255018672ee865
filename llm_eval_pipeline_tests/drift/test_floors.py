import math

import pytest
from scipy import stats

from llm_eval_pipeline.drift.distributions import distribution
from llm_eval_pipeline.drift.floors import Spread, _serial_inflation, effect_floor, learn
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.policy import CALIBRATED

RATE = Metric(name="violations", kind="rate", better="lower")


def week(hits, rows=1_000):
    return distribution([0, 1], [rows - hits, hits])


def test_the_square_is_the_mean_square_of_each_week_against_the_rest():
    # 1 %, 1 %, 1 % and 5 %: three times 0.01 - 0.07 / 3 = -0.01333, once 0.05 - 0.01 = 0.04.
    found = learn(RATE, [week(10), week(10), week(10), week(50)], CALIBRATED)["rate_difference"]
    assert found.square == pytest.approx((3 * (0.01 - 0.07 / 3) ** 2 + 0.04**2) / 4)
    assert (found.weeks, found.rows) == (4, pytest.approx(1_000))


def test_weeks_that_differ_no_more_than_rows_explain_leave_the_normal_limit_of_sampling():
    spread = Spread(square=0.0, weeks=8, rows=1_000, sampling=0.01)
    expected = stats.norm.isf(CALIBRATED.extreme / 2) * math.sqrt(0.01 * (1 / 1_000 + 1 / 8_000))
    assert effect_floor("rate_difference", spread, 1_000, 8_000, CALIBRATED) == pytest.approx(expected)


def test_weeks_that_differ_far_more_leave_students_limit_on_weeks_less_one():
    spread = Spread(square=0.04, weeks=8, rows=1e9, sampling=1.0)
    expected = stats.t.isf(CALIBRATED.extreme / 2, 7) * 0.2 * math.sqrt(_serial_inflation(8, 0.5))
    assert effect_floor("wasserstein", spread, 10**9, 8 * 10**9, CALIBRATED) == pytest.approx(expected, rel=1e-4)


def test_serial_inflation_by_hand():
    # Two weeks, correlation 0.5: (1 + 1/2 + 0.5 / 2) / ((1 - 0.5) · 2) = 1.75; without correlation (1 + 1/2) / 2.
    assert _serial_inflation(2, 0.5) == pytest.approx(1.75)
    assert _serial_inflation(2, 0.0) == pytest.approx(0.75)


def test_a_smaller_window_has_a_higher_floor():
    spread = learn(RATE, [week(10)] * 8, CALIBRATED)["rate_difference"]
    assert effect_floor("rate_difference", spread, 100, 8_000, CALIBRATED) > effect_floor(
        "rate_difference", spread, 1_000, 8_000, CALIBRATED
    )


def test_three_weeks_teach_no_floor():
    spread = learn(RATE, [week(10)] * 3, CALIBRATED)["rate_difference"]
    assert effect_floor("rate_difference", spread, 1_000, 3_000, CALIBRATED) == CALIBRATED.unlearnt["rate_difference"]


def test_no_rows_teach_nothing():
    assert learn(RATE, [week(0, rows=0)] * 8, CALIBRATED) == {}
