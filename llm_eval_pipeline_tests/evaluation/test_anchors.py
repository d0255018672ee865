"""Anchors: reading them, what the judge sees of one, and files that are wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.datasets.examples import DatasetError
from llm_eval_pipeline.evaluation.anchors import Anchor, anchor_rows, load_anchors
from llm_eval_pipeline.evaluation.judging import Case, JudgeScore
from llm_eval_pipeline.evaluation.schema import ANCHOR_SCORES
from llm_eval_pipeline.storage.warehouse import Warehouse

FIELDS: dict[str, Any] = {
    "anchor_id": "a1",
    "prompt": "Why?",
    "output": "So.",
    "feature": "f",
    "human_score": 0.75,
    "human_acceptable": True,
}


def written(folder: Path, *lines: Any) -> Path:
    file = folder / "anchors.jsonl"
    file.write_bytes(b"\n".join(line if isinstance(line, bytes) else orjson.dumps(line) for line in lines))
    return file


def score(quality: float | None) -> JudgeScore:
    reason = "no score" if quality is None else None
    return JudgeScore(quality_score=quality, unscored_reason=reason, judge="j", rubric_version="v1")


def test_anchors_are_read_in_their_order(tmp_path: Path) -> None:
    file = written(tmp_path, FIELDS, {**FIELDS, "anchor_id": "a0", "reference": "R"})
    assert [(one.anchor_id, one.reference) for one in load_anchors(file)] == [("a1", None), ("a0", "R")]


def test_the_judge_never_sees_the_label() -> None:
    case = Anchor(**FIELDS, reference="R", context="C", expected_format='{"type": "json"}', should_refuse=False).case()
    assert case == Case(
        prompt="Why?",
        output="So.",
        reference="R",
        context="C",
        expected_format='{"type": "json"}',
        should_refuse=False,
    )


def test_a_row_has_the_label_beside_the_score_and_an_unscored_one_keeps_its_row(tmp_path: Path) -> None:
    anchors = [Anchor(**FIELDS), Anchor(**{**FIELDS, "anchor_id": "a2", "human_score": 0.0})]
    rows = anchor_rows(anchors, {"a2": score(None), "a1": score(0.5)})
    stored = Warehouse(str(tmp_path)).write(ANCHOR_SCORES, "2026-03-30", rows).to_pylist()
    assert [(r["anchor_id"], r["human_score"], r["quality_score"], r["unscored_reason"]) for r in stored] == [
        ("a1", 0.75, 0.5, None),
        ("a2", 0.0, None, "no score"),
    ]
    assert {row["rubric_version"] for row in stored} == {"v1"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ({**FIELDS, "human_score": 1.1}, "line 2: human_score: Input"),
        ({**FIELDS, "label": 1}, "label"),
        ({**FIELDS, "feature": "all"}, "line 2: feature: Value error, the name `all` is that of the total"),
        ({k: v for k, v in FIELDS.items() if k != "output"}, "output"),
        (b"{", "line 2: line: Invalid JSON"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_file_line_and_field(tmp_path: Path, line: Any, message: str) -> None:
    file = written(tmp_path, FIELDS, line)
    with pytest.raises(DatasetError) as error:
        load_anchors(file)
    assert str(error.value).startswith(f"{file}, line 2: ")
    assert message in str(error.value)


def test_a_missing_file_is_an_error_that_says_what_is_lost(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"no anchors: .*nothing\.jsonl is missing; without it a moved judge"):
        load_anchors(tmp_path / "nothing.jsonl")
