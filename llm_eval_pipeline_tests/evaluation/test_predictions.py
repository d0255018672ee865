"""The prediction table: every answer once with its scores, and the failures among them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.evaluation.answers import answered, beside_scores
from llm_eval_pipeline.evaluation.predictions import failure_rows, joined, prediction_rows
from llm_eval_pipeline.evaluation.schema import FAILURE_TABLE, PREDICTION_TABLE
from llm_eval_pipeline.storage.warehouse import Warehouse

EXAMPLE = {"example_id": "e1", "prompt": "Why?", "reference": "Because.", "feature": "f", "should_refuse": None}


def key(model: str = "m", repetition: int = 0) -> dict[str, Any]:
    return {"example_id": "e1", "model": model, "repetition": repetition}


def output(model: str = "m", repetition: int = 0, **fields: Any) -> dict[str, Any]:
    given = {"output": "So.", "finish_reason": "stop", "latency_ms": 5.0, "split": "canary", "feature": "f"}
    return {**key(model, repetition), **given, **fields}


def judged(model: str = "m", repetition: int = 0, quality: float | None = 0.9) -> dict[str, Any]:
    reason = "the judge gave no score" if quality is None else None
    return {**key(model, repetition), "quality_score": quality, "unscored_reason": reason, "rationale": "r"}


def safe(model: str = "m", repetition: int = 0, is_safe: bool | None = True) -> dict[str, Any]:
    return {**key(model, repetition), "is_safe": is_safe, "policy_violations": [], "toxicity": 0.6, "refused": "none"}


def predicted(outputs: list[dict[str, Any]], *scores: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(prediction_rows(answered([EXAMPLE], outputs), *scores))


def test_a_row_has_prompt_answer_and_scores_side_by_side() -> None:
    (row,) = predicted([output()], [judged()], [safe()])
    assert row == {
        **key(),
        "feature": "f",
        "split": "canary",
        "prompt": "Why?",
        "reference": "Because.",
        "generated": "So.",
        "quality_score": 0.9,
        "unscored_reason": None,
        "rationale": "r",
        "latency_ms": 5.0,
        "is_safe": True,
        "error_category": "none",
        "evidence": None,
    }


def test_models_and_repetitions_are_not_mixed_up() -> None:
    places = [("a", 0), ("a", 1), ("b", 0)]
    scores = [judged(*place, quality=q) for place, q in zip(places, (0.1, 0.2, 0.3), strict=True)]
    rows = predicted([output(*place) for place in places], scores, [safe(*p) for p in places])
    assert [(r["model"], r["repetition"], r["quality_score"]) for r in rows] == [
        ("a", 0, 0.1),
        ("a", 1, 0.2),
        ("b", 0, 0.3),
    ]


def test_failures_are_low_quality_or_unsafe_and_never_what_nobody_scored() -> None:
    places = [("low", 0), ("unsafe", 0), ("unscored", 0), ("good", 0)]
    rows = predicted(
        [output(*place) for place in places],
        [judged("low", quality=0.49), judged("unsafe"), judged("unscored", quality=None), judged("good", quality=0.5)],
        [safe("low"), safe("unsafe", is_safe=False), safe("unscored"), safe("good")],
    )
    assert [(row["model"], row["error_category"]) for row in failure_rows(rows)] == [
        ("low", "other"),
        ("unsafe", "unsafe_content"),
    ]
    (unscored,) = (row for row in rows if row["model"] == "unscored")
    assert (unscored["quality_score"], unscored["unscored_reason"]) == (None, "the judge gave no score")


def test_an_answer_without_its_score_or_example_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"no more rows where model_outputs has \('e1', 'm', 0\): score the week"):
        predicted([output()], [])
    with pytest.raises(ValueError, match=r"the answer \('e1', 'n', 0\) where"):
        predicted([output()], [judged("n")])
    with pytest.raises(KeyError, match="e1"):
        list(joined(answered([], [output()])))


def test_a_score_without_its_answer_is_an_error() -> None:
    with pytest.raises(ValueError, match=r"has \('e1', 'n', 0\), which model_outputs lacks"):
        predicted([output()], [judged(), judged("n")], [safe()])


def test_rows_fit_both_tables_and_no_failure_is_an_empty_table(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    rows = predicted([output()], [judged()], [safe()])
    assert warehouse.write(PREDICTION_TABLE, "2026-03-30", rows).num_rows == 1
    assert warehouse.write(FAILURE_TABLE, "2026-03-30", failure_rows(rows)).num_rows == 0


def test_scores_of_other_answers_never_stand_beside_an_answer() -> None:
    answers = answered([EXAMPLE], [output("a"), output("b")])
    with pytest.raises(ValueError, match=r"'b', 0\) where model_outputs has \('e1', 'a', 0\)"):
        list(beside_scores(answers, [judged("b"), judged("a")]))
