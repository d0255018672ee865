"""Confidence: held against how often the judge was close to people."""

from __future__ import annotations

import numpy as np
import pytest

from llm_eval_pipeline.evaluation.judge_quality.confidence import calibration


def judged(right: int, of: int, sure: float) -> tuple[list[float], list[float], list[float]]:
    return [0.5] * of, [0.5] * right + [1.0] * (of - right), [sure] * of


def test_a_judge_as_right_as_it_says_has_no_error() -> None:
    sides = [judged(9, 10, 0.9), judged(5, 10, 0.5)]
    human, judge, sure = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    found = calibration(human, judge, sure, 0.25)
    assert found is not None
    # two groups of ten: 0.5 sure and 5 of 10 close, 0.9 sure and 9 of 10 close
    assert (found.n, found.mean_confidence, found.close_share) == (20, pytest.approx(0.7), pytest.approx(14 / 20))
    assert found.error == pytest.approx(0.0, abs=1e-12)


def test_errors_of_groups_do_not_cancel() -> None:
    sides = [judged(5, 10, 0.9), judged(9, 10, 0.5)]
    found = calibration(*(np.concatenate(parts) for parts in zip(*sides, strict=True)), 0.25)
    assert found is not None
    assert found.mean_confidence == pytest.approx(found.close_share)
    assert found.error == pytest.approx(0.4)  # too sure by 0.4 of one half, too little of the other


def test_cases_without_confidence_leave() -> None:
    found = calibration([0.5, 0.5], [0.5, 0.0], [np.nan, 0.8], 0.25)
    assert found is not None
    assert (found.n, found.mean_confidence, found.close_share, found.error) == (1, 0.8, 0.0, None)


def test_a_judge_that_says_nothing_of_its_confidence_has_no_calibration() -> None:
    assert calibration([0.5], [0.5], [np.nan], 0.25) is None
    assert calibration([], [], [], 0.25) is None


def test_a_gap_of_just_the_limit_is_close() -> None:
    found = calibration([0.7], [0.95], [1.0], 0.25)  # 0.95 - 0.7 is a little over 0.25 in binary
    assert found is not None
    assert found.close_share == 1.0
