"""The local judge on the shipped anchors: trusted where it has a reference, and not without one."""

from __future__ import annotations

from typing import Any

import pytest

from llm_eval_pipeline.evaluation.anchors import load_anchors
from llm_eval_pipeline.evaluation.judge_quality.bar import load_judge_bar
from llm_eval_pipeline.evaluation.judge_quality.quality import judge_quality_rows
from llm_eval_pipeline.evaluation.local_judge.model import load_parameters
from llm_eval_pipeline.evaluation.local_judge.verdict import Judgement, judge_case
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline_tests.evaluation.judge_quality.scores import anchor

DATA = REPOSITORY / "data"


def over_all(*, with_reference: bool) -> dict[str, Any]:
    parameters = load_parameters(DATA / "judge" / "local_judge.json")
    rows = []
    for number, one in enumerate(load_anchors(DATA / "anchors" / "anchors.jsonl")):
        case = one if with_reference else one.model_copy(update={"reference": None})
        found = judge_case(case.case(), parameters)
        assert isinstance(found, Judgement)
        rows.append(anchor(number, one.human_score, found.score, confidence=found.confidence))
    return judge_quality_rows(rows, load_judge_bar(DATA / "policies" / "judge_bar.yaml"))[0]


def test_with_references_it_is_trusted_at_the_figures_that_its_readme_gives() -> None:
    row = over_all(with_reference=True)
    assert (row["kappa"], row["tpr"], row["tnr"]) == pytest.approx((0.86, 0.89, 0.97), abs=0.005)
    assert (row["n"], row["trusted"]) == (60, True)


def test_without_references_it_is_not() -> None:
    row = over_all(with_reference=False)
    assert (row["kappa"], row["tpr"], row["tnr"]) == pytest.approx((0.63, 0.74, 0.88), abs=0.005)
    assert row["trusted"] is False
    assert row["untrusted_reason"].startswith("true positive rate 0.74 (0.55 to 0.87) is below 0.8")
