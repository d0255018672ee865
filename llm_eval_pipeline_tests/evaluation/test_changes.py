"""This week against the week before, answer by answer: each in one row, and texts where something turned."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.evaluation import changes
from llm_eval_pipeline.evaluation.answer_columns import AnswersDifferError
from llm_eval_pipeline.evaluation.changes import CHANGES, NEWLY_FAILING, change_rows, counts, worst
from llm_eval_pipeline.evaluation.schema import JUDGE_SCORES, PREDICTION_TABLE, WEEKLY_CHANGES
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse

BEFORE, WEEK = "2026-03-23", "2026-03-30"
Scores = dict[str, float | None]


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(str(tmp_path))


def store(warehouse: Warehouse, week: str, scores: Scores, **fields: Any) -> None:
    """A week's answers by example."""
    keys = {example: {"example_id": example, "model": "m", "repetition": 0} for example in scores}
    predictions = [
        {
            **keys[example],
            "feature": "f",
            "split": "canary",
            "prompt": f"prompt {example}",
            "generated": f"answer of {example} in {week}",
            "quality_score": score,
            "error_category": "other" if score is not None and score < 0.5 else "none",
            "evidence": f"evidence of {week}",
            **fields,
        }
        for example, score in scores.items()
    ]
    warehouse.write(PREDICTION_TABLE, week, predictions)
    judged = [{**keys[e], "quality_score": s, "rationale": f"because of {week}"} for e, s in scores.items()]
    warehouse.write(JUDGE_SCORES, week, judged)


def rows(warehouse: Warehouse, before: str | None = BEFORE) -> dict[str, dict[str, Any]]:
    stored = warehouse.write(WEEKLY_CHANGES, WEEK, change_rows(warehouse, WEEK, before))
    return {row["example_id"]: row for row in stored.to_pylist()}


def test_every_change_has_its_name(warehouse: Warehouse) -> None:
    store(warehouse, BEFORE, {"a": 0.9, "b": 0.1, "c": 0.1, "d": 0.9, "e": 0.5, "f": None, "g": 0.9, "h": None})
    store(warehouse, WEEK, {"a": 0.49, "b": 0.5, "c": 0.4, "d": 0.6, "f": 0.9, "g": None, "h": None, "i": 0.2})
    assert {example: row["change"] for example, row in rows(warehouse).items()} == {
        "a": "newly_failing",
        "b": "newly_passing",
        "c": "still_failing",
        "d": "still_passing",
        "e": "gone",
        "f": "unscored",
        "g": "unscored",
        "h": "unscored",
        "i": "new",
    }


def test_what_turned_can_be_read_and_the_rest_is_numbers(warehouse: Warehouse) -> None:
    store(warehouse, BEFORE, {"a": 0.9, "b": 0.9, "c": 0.1})
    store(warehouse, WEEK, {"a": 0.2, "b": 0.8, "c": 0.7})
    found = rows(warehouse)
    assert found["a"] == {
        "example_id": "a",
        "model": "m",
        "repetition": 0,
        "feature": "f",
        "split": "canary",
        "change": "newly_failing",
        "quality_before": 0.9,
        "quality_after": 0.2,
        "category_before": "none",
        "category_after": "other",
        "prompt": "prompt a",
        "generated_before": f"answer of a in {BEFORE}",
        "generated_after": f"answer of a in {WEEK}",
        "rationale": f"because of {WEEK}",
        "evidence": f"evidence of {WEEK}",
    }
    assert found["c"]["generated_before"] == f"answer of c in {BEFORE}"
    assert (found["b"]["quality_before"], found["b"]["quality_after"]) == (0.9, 0.8)
    for name in ("prompt", "generated_before", "generated_after", "rationale", "evidence"):
        assert found["b"][name] is None


def test_an_answer_that_became_unsafe_fails_whatever_its_score(warehouse: Warehouse) -> None:
    store(warehouse, BEFORE, {"a": 0.9, "b": None}, is_safe=True)
    store(warehouse, WEEK, {"a": 0.9, "b": None}, is_safe=False, error_category="unsafe_content")
    found = rows(warehouse)
    assert (found["a"]["change"], found["a"]["category_after"]) == ("newly_failing", "unsafe_content")
    assert found["b"]["change"] == "unscored", "what it was before is not known"


def test_no_change_has_no_texts(warehouse: Warehouse) -> None:
    for week in (BEFORE, WEEK):
        store(warehouse, week, {"a": 0.9, "b": 0.1})
    found = rows(warehouse)
    assert {row["change"] for row in found.values()} == {"still_passing", "still_failing"}
    assert {row["prompt"] for row in found.values()} == {None}


def test_a_first_week_is_all_new_and_a_changed_dataset_comes_and_goes(warehouse: Warehouse) -> None:
    store(warehouse, WEEK, {"a": 0.9, "b": 0.1})
    first = rows(warehouse, before=None)
    assert {row["change"] for row in first.values()} == {"new"}
    assert first["b"]["quality_after"] == 0.1
    store(warehouse, BEFORE, {"c": 0.9})
    assert {e: r["change"] for e, r in rows(warehouse).items()} == {"a": "new", "b": "new", "c": "gone"}


def test_an_empty_week_is_all_gone(warehouse: Warehouse) -> None:
    store(warehouse, BEFORE, {"a": 0.9})
    store(warehouse, WEEK, {})
    assert rows(warehouse)["a"]["change"] == "gone"


def test_models_and_repetitions_are_answers_of_their_own(warehouse: Warehouse) -> None:
    for week, scores in ((BEFORE, (0.9, 0.9, 0.1)), (WEEK, (0.1, 0.9, 0.9))):
        places = zip((("m", 0), ("m", 1), ("n", 0)), scores, strict=True)
        answers = [
            {"example_id": "a", "model": model, "repetition": repetition, "quality_score": score}
            for (model, repetition), score in places
        ]
        warehouse.write(PREDICTION_TABLE, week, [{**one, "error_category": "none"} for one in answers])
        warehouse.write(JUDGE_SCORES, week, answers)
    found = change_rows(warehouse, WEEK, BEFORE).to_pylist()
    assert [(r["model"], r["repetition"], r["change"]) for r in found] == [
        ("m", 0, "newly_failing"),
        ("m", 1, "still_passing"),
        ("n", 0, "newly_passing"),
    ]


def test_when_everything_fails_at_once_the_texts_of_the_worst_are_kept(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changes, "MOST_TEXTS", 3)
    store(warehouse, BEFORE, {f"e{place}": 1.0 for place in range(8)})
    store(warehouse, WEEK, {f"e{place}": place / 20 for place in range(8)})
    found = rows(warehouse)
    assert {row["change"] for row in found.values()} == {"newly_failing"}
    assert {example for example, row in found.items() if row["prompt"] is not None} == {"e0", "e1", "e2"}
    assert all(row["generated_before"] == f"answer of {e} in {BEFORE}" for e, row in found.items() if row["prompt"])


def test_texts_come_from_far_down_a_long_table(warehouse: Warehouse) -> None:
    many = {f"e{place:05}": 0.9 for place in range(5_000)}
    store(warehouse, BEFORE, many)
    store(warehouse, WEEK, many | {"e00007": 0.1, "e04999": 0.2} | {"a": 0.9})
    found = rows(warehouse)
    assert {e for e, row in found.items() if row["change"] == "newly_failing"} == {"e00007", "e04999"}
    assert found["e04999"]["generated_before"] == f"answer of e04999 in {BEFORE}"
    assert found["e04999"]["generated_after"] == f"answer of e04999 in {WEEK}"


def test_people_read_the_worst_first(warehouse: Warehouse) -> None:
    store(warehouse, BEFORE, {"a": 0.6, "b": 1.0, "c": 0.9})
    store(warehouse, WEEK, {"a": 0.4, "b": 0.0, "c": 0.9})
    stored = warehouse.write(WEEKLY_CHANGES, WEEK, change_rows(warehouse, WEEK, BEFORE))
    assert [row["example_id"] for row in worst(stored, NEWLY_FAILING, 8)] == ["b", "a"]
    assert [row["example_id"] for row in worst(stored, NEWLY_FAILING, 1)] == ["b"]
    assert counts(stored) == dict.fromkeys(CHANGES, 0) | {"newly_failing": 2, "still_passing": 1}


def test_a_week_that_was_never_made_is_named_and_so_are_scores_of_other_answers(warehouse: Warehouse) -> None:
    store(warehouse, WEEK, {"a": 0.9})
    with pytest.raises(MissingPartitionError, match=BEFORE):
        change_rows(warehouse, WEEK, BEFORE)
    warehouse.write(JUDGE_SCORES, WEEK, [{"example_id": "b", "model": "m", "repetition": 0}])
    with pytest.raises(AnswersDifferError, match="prediction_table and judge_scores"):
        change_rows(warehouse, WEEK, None)
