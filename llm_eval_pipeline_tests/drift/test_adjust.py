import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from llm_eval_pipeline.drift.adjust import benjamini_hochberg


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_equals_scipys(p_values):
    assert benjamini_hochberg(p_values) == pytest.approx(stats.false_discovery_control(p_values).tolist())


def test_a_metric_without_a_test_is_no_part_of_the_family():
    # Two tests: 0.01 · 2 / 1 = 0.02 and 0.04 · 2 / 2 = 0.04.
    assert benjamini_hochberg([0.04, None, 0.01]) == pytest.approx([0.04, None, 0.02])


def test_nothing_tested_adjusts_nothing():
    assert benjamini_hochberg([None, None]) == [None, None]
    assert benjamini_hochberg([]) == []


def test_a_p_value_over_one_is_refused():
    with pytest.raises(ValueError, match=r"\[1.5\]"):
        benjamini_hochberg([1.5])
