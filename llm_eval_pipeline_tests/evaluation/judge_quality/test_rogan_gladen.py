"""A corrected rate: by hand, at the edges, and how often its interval holds the truth."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.judge_quality.agreement import Confusion
from llm_eval_pipeline.evaluation.judge_quality.rogan_gladen import rogan_gladen


def labelled(accepted: int, of_good: int, rejected: int, of_bad: int) -> Confusion:
    return Confusion(
        true_positives=accepted,
        false_negatives=of_good - accepted,
        true_negatives=rejected,
        false_positives=of_bad - rejected,
    )


def test_a_rate_by_hand() -> None:
    found = rogan_gladen(70, 100, labelled(45, 50, 40, 50))
    assert found is not None
    assert found.value == pytest.approx((0.7 + 0.8 - 1) / (0.9 + 0.8 - 1))  # 0.5 / 0.7
    # z² = 3.8415: rate (70 + 1.9207) / 103.8415 = 0.692601; TPR 46 / 52 = 0.884615, TNR 41 / 52 = 0.788462
    # share (0.692601 + 0.788462 - 1) / 0.673077 = 0.714723
    # error √(0.692601 · 0.307399 / 103.8415 + 0.714723² · 0.884615 · 0.115385 / 52
    #       + 0.285277² · 0.788462 · 0.211538 / 52) / 0.673077
    #     = √(0.0020503 + 0.0010027 + 0.0002610) / 0.673077 = 0.057567 / 0.673077 = 0.085528
    # shift 2 · 3.8415 · (0.714723 · 0.00196291 - 0.285277 · 0.00320750) = 0.003748
    assert found.low == pytest.approx(0.714723 + 0.003748 - 1.959964 * 0.085528, abs=2e-5)
    assert found.high == pytest.approx(0.714723 + 0.003748 + 1.959964 * 0.085528, abs=2e-5)


def test_a_perfect_judge_changes_nothing_but_the_doubt() -> None:
    found = rogan_gladen(30, 40, labelled(50, 50, 50, 50))
    assert found is not None
    assert found.value == 0.75
    assert found.low < 0.75 < found.high


def test_what_the_judge_cannot_have_seen_is_clipped() -> None:
    none, every = (rogan_gladen(accepted, 100, labelled(45, 50, 45, 50)) for accepted in (2, 99))
    assert none is not None
    assert every is not None
    assert (none.value, none.low) == (0.0, 0.0)  # 2 % accepted, though 10 % of bad ones pass
    assert (every.value, every.high) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("n", "known"),
    [
        (0, labelled(45, 50, 45, 50)),
        (100, labelled(0, 0, 45, 50)),
        (100, labelled(45, 50, 0, 0)),
        (100, labelled(25, 50, 25, 50)),  # TPR + TNR = 1: a coin
        (100, labelled(10, 50, 20, 50)),
        (100, labelled(2, 2, 1, 6)),  # drawn to the middle 3/4 + 2/8 = 1
        (100, labelled(1, 1, 1, 100)),  # 2/3 + 2/102 < 1
    ],
)
def test_nothing_is_said_without_cases_labels_of_both_kinds_or_a_judge_that_tells_them_apart(
    n: int, known: Confusion
) -> None:
    assert rogan_gladen(n / 2, n, known) is None


@pytest.mark.parametrize(
    ("truth", "sensitivity", "specificity", "most"),
    [(0.8, 0.9, 0.85, 970), (0.5, 0.8, 0.9, 970), (0.9, 0.95, 0.7, 990)],  # near an end it errs on the safe side
)
def test_the_interval_holds_the_truth_nineteen_times_in_twenty(
    truth: float, sensitivity: float, specificity: float, most: int
) -> None:
    rng, held, bare = np.random.default_rng(5), 0, 0
    rate = truth * sensitivity + (1 - truth) * (1 - specificity)
    for _ in range(1000):
        known = labelled(rng.binomial(40, sensitivity), 40, rng.binomial(40, specificity), 40)
        accepted = rng.binomial(300, rate)
        found = rogan_gladen(accepted, 300, known)
        assert found is not None
        held += found.low <= truth <= found.high
        bare += abs(accepted / 300 - truth) <= 1.96 * (rate * (1 - rate) / 300) ** 0.5
    assert 930 <= held <= most
    assert bare < held  # the rate as judged, with its own interval, misses more often
