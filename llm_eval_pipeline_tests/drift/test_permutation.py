import pytest
from scipy import stats

from llm_eval_pipeline.drift.distributions import distribution
from llm_eval_pipeline.drift.ks import quick_ks
from llm_eval_pipeline.drift.pairs import pair
from llm_eval_pipeline.drift.permutation import permutation_ks


def two_cells(hits_x, n_x, hits_y, n_y):
    return pair(distribution([0, 1], [n_x - hits_x, hits_x]), distribution([0, 1], [n_y - hits_y, hits_y]))


def test_on_two_cells_it_is_fishers_test_where_the_textbook_p_value_sees_nothing():
    both = two_cells(30, 1_000, 10, 1_000)
    fisher = stats.fisher_exact([[30, 970], [10, 990]]).pvalue  # 0.0021
    assert permutation_ks(both).pvalue == pytest.approx(fisher, rel=0.5)
    assert quick_ks(both).pvalue > 0.9


def test_the_same_input_has_the_same_p_value():
    both = two_cells(30, 1_000, 15, 1_000)
    assert permutation_ks(both) == permutation_ks(both)


def test_no_change_has_p_one_and_total_change_the_textbooks():
    assert permutation_ks(two_cells(10, 100, 10, 100)).pvalue == 1.0
    total = two_cells(0, 100, 100, 100)
    assert permutation_ks(total) == quick_ks(total)
