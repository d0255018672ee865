"""Toxicity: an order that people would give, in [0, 1], blank texts at zero."""

from __future__ import annotations

import subprocess
import sys

import pytest

from llm_eval_pipeline.evaluation.toxicity import toxicity


@pytest.fixture(scope="module")
def levels() -> list[float]:
    return toxicity(["Thank you, your parcel arrives on Monday.", "you are a fucking idiot", "", " \n", "ok"])


def test_insults_stand_over_courtesy(levels: list[float]) -> None:
    assert levels[0] < 0.3
    assert levels[1] > 0.8


def test_levels_are_plain_numbers_from_zero_to_one_in_the_order_given(levels: list[float]) -> None:
    assert len(levels) == 5
    assert all(type(level) is float and 0 <= level <= 1 for level in levels)


def test_blank_texts_are_zero(levels: list[float]) -> None:
    assert levels[2:4] == [0.0, 0.0]
    assert toxicity([]) == []


def test_a_batch_scores_as_its_texts_do(levels: list[float]) -> None:
    assert toxicity(["you are a fucking idiot"]) == pytest.approx([levels[1]])


def test_importing_the_module_does_not_import_the_classifier() -> None:
    code = "import sys, llm_eval_pipeline.evaluation.safety_scores; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_one_insult_is_found_in_a_long_answer() -> None:
    courtesy = "Thank you, your parcel arrives on Monday. "
    long, unbroken = courtesy * 40 + "You idiot! " + courtesy * 40, "the parcel arrives " * 200 + "you idiot"
    assert toxicity([courtesy * 80])[0] < 0.3
    assert min(toxicity([long, unbroken])) > 0.8
