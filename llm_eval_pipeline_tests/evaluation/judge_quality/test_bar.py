"""The bar: the file that ships, files that are wrong, and what is said of a judge below it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import yaml

from llm_eval_pipeline.evaluation.anchors import load_anchors
from llm_eval_pipeline.evaluation.judge_quality.agreement import Agreement, agreement
from llm_eval_pipeline.evaluation.judge_quality.bar import JudgeBarError, load_judge_bar, trust_of
from llm_eval_pipeline.settings import REPOSITORY

SHIPPED = REPOSITORY / "data" / "policies" / "judge_bar.yaml"
BAR = load_judge_bar(SHIPPED)


def judged(good: int, accepted: int, bad: int, rejected: int) -> Agreement:
    """So many cases that people accept, and of them accepted by the judge; so many that they reject."""
    human = np.repeat([1.0, 0.0], [good, bad])
    judge = np.repeat([1.0, 0.0, 1.0, 0.0], [accepted, good - accepted, bad - rejected, rejected])
    return agreement(human, human >= 0.7, judge, BAR.acceptable_from)


def test_the_bar_that_ships_accepts_as_the_anchors_labels_do() -> None:
    anchors = load_anchors(REPOSITORY / "data" / "anchors" / "anchors.jsonl")
    assert BAR.version == "judge-bar-2026-01-01"
    assert all(anchor.human_acceptable == (anchor.human_score >= BAR.acceptable_from) for anchor in anchors)


def test_a_judge_that_reaches_every_bar_is_trusted() -> None:
    trust = trust_of(judged(30, 27, 30, 27), 0, BAR)
    assert (trust.trusted, trust.reason) == (True, None)


def test_a_judge_below_a_bar_is_not_and_each_bar_is_named_with_what_to_do() -> None:
    trust = trust_of(judged(40, 40, 20, 13), 0, BAR)
    assert trust.trusted is False
    # 53 of 60 agree; by chance 2/3 · 47/60 + 1/3 · 13/60 = 0.5944: (0.8833 - 0.5944) / 0.4056 = 0.71; 13 / 20 = 0.65
    assert trust.reason is not None
    assert trust.reason.startswith("true negative rate 0.65 (0.43 to 0.82) is below 0.8; label more cases, ")
    both = trust_of(judged(30, 20, 30, 20), 0, BAR).reason
    assert both is not None
    assert "kappa 0.33" in both
    assert "true positive rate 0.67" in both
    assert "true negative rate 0.67" in both


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (judged(15, 15, 14, 14), "29 scored labels are too few to say, 30 are needed; label more cases"),
        (judged(35, 35, 9, 9), "people reject 9 of the labelled cases, 10 are needed; label more cases"),
        (judged(9, 9, 35, 35), "people accept 9 of the labelled cases, 10 are needed; label more cases"),
        (judged(0, 0, 0, 0), "0 scored labels are too few to say, 30 are needed; label more cases"),
    ],
)
def test_too_few_labels_of_either_kind_say_nothing(found: Agreement, reason: str) -> None:
    trust = trust_of(found, 0, BAR)
    assert (trust.trusted, trust.reason) == (None, reason)


def test_a_judge_that_often_gives_no_score_is_not_trusted_with_the_rest() -> None:
    assert trust_of(judged(27, 27, 27, 27), 6, BAR).trusted is True  # 54 of 60 are 0.9
    trust = trust_of(judged(26, 26, 27, 27), 7, BAR)
    assert trust.trusted is False
    assert trust.reason is not None
    assert trust.reason.startswith("only 53 of 60 labelled cases have a score")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"least_kappa": 2}, "least_kappa: Input should be less than or equal to 1"),
        ({"least_f1": 0.5}, "least_f1: Extra inputs are not permitted"),
        ({"version": None}, "version: Input should be a valid string"),
        ({"acceptable_from": 0}, "acceptable_from: Input should be greater than 0"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_file_and_field(tmp_path: Path, change: dict, message: str) -> None:
    file = tmp_path / "bar.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(SHIPPED.read_text()) | change))
    with pytest.raises(JudgeBarError) as error:
        load_judge_bar(file)
    assert str(error.value).startswith(f"{file}: {message}")


@pytest.mark.parametrize(("content", "message"), [("", "the whole file: "), ("version: [", "is no YAML")])
def test_a_file_that_is_no_bar_is_an_error(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "bar.yaml"
    file.write_text(content)
    with pytest.raises(JudgeBarError, match=message):
        load_judge_bar(file)
    with pytest.raises(JudgeBarError, match=r"nothing\.yaml is missing"):
        load_judge_bar(tmp_path / "nothing.yaml")
