"""The interval of a ratio: scipy's bootstrap, the same each time, and how often it holds the truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from llm_eval_pipeline.evaluation import bootstrap
from llm_eval_pipeline.evaluation.bootstrap import ratio_interval


def skewed(n: int, seed: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Tokens and seconds of answers of which a few are slow."""
    generator = np.random.default_rng(seed)
    return generator.integers(20, 200, n).astype(float), generator.lognormal(0, 1, n)


@pytest.mark.parametrize("n", [40, 100, 400])
def test_it_is_scipys_bca(n: int) -> None:
    tokens, seconds = skewed(n)
    known = stats.bootstrap(
        (tokens, seconds),
        lambda t, s, axis: t.sum(axis=axis) / s.sum(axis=axis),
        paired=True,
        method="BCa",
        n_resamples=20_000,
        rng=np.random.default_rng(1),
    ).confidence_interval
    found = ratio_interval(tokens, seconds)
    assert found is not None
    width = known.high - known.low
    # both draw at random: their ends differ by some hundredths of the width
    assert found == pytest.approx((known.low, known.high), abs=0.06 * width)


def test_equal_rows_have_an_equal_interval() -> None:
    assert ratio_interval(*skewed(100)) == ratio_interval(*skewed(100))


def test_where_it_is_linearised_the_bootstrap_would_say_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    tokens, seconds = skewed(bootstrap.LINEAR_FROM)
    linear = ratio_interval(tokens, seconds)
    monkeypatch.setattr(bootstrap, "LINEAR_FROM", bootstrap.LINEAR_FROM + 1)
    drawn = ratio_interval(tokens, seconds)
    assert linear is not None
    assert drawn is not None
    assert linear != drawn
    assert linear == pytest.approx(drawn, abs=0.08 * (linear[1] - linear[0]))


def test_a_ratio_that_all_units_share_has_no_width() -> None:
    assert ratio_interval(np.array([2.0, 4.0, 8.0]), np.array([1.0, 2.0, 4.0])) == (2.0, 2.0)


def test_too_little_has_none_and_nothing_below_the_line_is_an_error() -> None:
    assert ratio_interval(np.array([1.0]), np.array([2.0])) is None
    assert ratio_interval(np.array([]), np.array([])) is None
    with pytest.raises(ValueError, match=r"got 0\.0"):
        ratio_interval(np.array([1.0, 2.0]), np.array([0.0, 1.0]))


def test_it_holds_the_truth_about_nineteen_times_in_twenty() -> None:
    tries, truth = 200, 109.5 / np.exp(0.5)  # the mean of 20 to 199 over the mean of a lognormal
    intervals = [ratio_interval(*skewed(80, seed)) for seed in range(tries)]
    held = sum(one is not None and one[0] <= truth <= one[1] for one in intervals)
    assert 0.88 < held / tries < 0.99
