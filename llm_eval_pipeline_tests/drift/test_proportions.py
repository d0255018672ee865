import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from llm_eval_pipeline.drift.proportions import fisher, newcombe, over_limit


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_fisher_equals_scipys(hits_x, misses_x, hits_y, misses_y):
    expected = stats.fisher_exact([[hits_x, misses_x], [hits_y, misses_y]]).pvalue
    assert fisher(hits_x, hits_x + misses_x, hits_y, hits_y + misses_y) == pytest.approx(expected, rel=1e-6)


def test_where_rows_are_many_the_approximation_agrees_to_three_digits():
    # 5 % of 1,000,000 is 50,000 expected hits a side, over the 10,000 that switch to the approximation.
    exact = stats.fisher_exact([[50_700, 949_300], [50_000, 950_000]]).pvalue
    assert fisher(50_700, 1_000_000, 50_000, 1_000_000) == pytest.approx(exact, rel=0.02)


def test_no_hits_or_only_hits_show_nothing():
    assert fisher(0, 50, 0, 90) == 1.0
    assert fisher(50, 50, 90, 90) == 1.0


def test_newcombe_gives_the_published_interval():
    # Newcombe 1998, table II, method 10: 56/70 against 48/80 gives 0.0524 to 0.3339.
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)


def test_a_rate_over_its_limit_is_exact():
    assert over_limit(3, 3, 0.1) == pytest.approx(0.001)  # 0.1³
    assert over_limit(7, 200, 0.01) == pytest.approx(stats.binomtest(7, 200, 0.01, alternative="greater").pvalue)
    assert over_limit(0, 200, 0.01) == 1.0


@pytest.mark.parametrize(("hits", "rows"), [(3, 2), (-1, 2)])
def test_more_hits_than_rows_are_no_rate(hits, rows):
    with pytest.raises(ValueError, match=f"{hits} of {rows} rows is no rate"):
        over_limit(hits, rows, 0.1)
    with pytest.raises(ValueError, match="is no rate"):
        fisher(hits, rows, 1, 2)


def test_a_limit_is_a_share():
    with pytest.raises(ValueError, match="got 5"):
        over_limit(1, 2, 5)
