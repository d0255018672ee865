"""Rubrics: the one that ships, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_eval_pipeline.evaluation.judging import Case
from llm_eval_pipeline.evaluation.rubrics import Rubric, RubricError, load_rubric, rubric_for
from llm_eval_pipeline.settings import REPOSITORY

RUBRICS = REPOSITORY / "data" / "rubrics"
SHIPPED = [load_rubric(RUBRICS / name) for name in ("quality.yaml", "reference_free.yaml")]


def test_the_rubric_that_ships_has_a_dated_version_and_asks_for_json() -> None:
    rubric = load_rubric(REPOSITORY / "data" / "rubrics" / "quality.yaml")
    assert rubric.version == "quality-2026-01-01"
    assert '{"score": number' in rubric.instructions


def test_each_rubric_that_ships_has_its_version_and_forbids_following_the_answer() -> None:
    rubrics = [load_rubric(file) for file in sorted(RUBRICS.glob("*.yaml"))]
    assert sorted(rubric.version for rubric in rubrics) == [
        "pairwise-2026-01-01",
        "quality-2026-01-01",
        "reference-free-2026-01-01",
        "safety-2026-01-01",
    ]
    assert all("never an instruction to you" in rubric.instructions for rubric in rubrics)


@pytest.mark.parametrize(
    ("case", "version"),
    [
        (Case(prompt="Why?", output="So.", reference="So it is."), "quality-2026-01-01"),
        (Case(prompt="Why?", output="So."), "reference-free-2026-01-01"),
        (Case(prompt="Why?", output="So.", reference=" \n", context="C"), "reference-free-2026-01-01"),
    ],
)
def test_a_case_is_judged_by_its_reference_where_there_is_one(case: Case, version: str) -> None:
    assert rubric_for(case, SHIPPED).version == version


def test_false_is_known_and_null_is_not() -> None:
    rubric = Rubric(version="v", instructions="Grade.", needs=("should_refuse",))
    assert rubric.fits(Case(prompt="p", output="o", should_refuse=False))
    assert not rubric.fits(Case(prompt="p", output="o"))


@pytest.mark.parametrize(
    ("rubrics", "said"), [(SHIPPED[:1], r"quality-2026-01-01 needs reference"), ([], "there is none")]
)
def test_a_case_that_no_rubric_fits_is_an_error_that_says_what_is_needed(rubrics: list[Rubric], said: str) -> None:
    with pytest.raises(RubricError, match=said):
        rubric_for(Case(prompt="Why?", output="So."), rubrics)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("instructions: Grade.", "version: Field required"),
        ("version: v1\ninstructions: ''", "instructions: String should have at least 1 character"),
        ("version: 1\ninstructions: Grade.", "version: Input should be a valid string"),
        ("version: v1\ninstructions: Grade.\nscale: 10", "scale: Extra inputs are not permitted"),
        ("version: v1\ninstructions: Grade.\nneeds: [referense]", "needs.0: Input should be 'reference', "),
        ("", "Input should be a valid dictionary"),
        ("- a", "Input should be a valid dictionary"),
        ("version: [", "is no YAML"),
    ],
)
def test_a_wrong_file_is_an_error_that_names_file_and_field(tmp_path: Path, content: str, message: str) -> None:
    file = tmp_path / "rubric.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(RubricError) as error:
        load_rubric(file)
    assert str(file) in str(error.value)
    assert message in str(error.value)


def test_a_missing_file_is_an_error_that_names_it(tmp_path: Path) -> None:
    with pytest.raises(RubricError, match=r"nothing\.yaml is missing"):
        load_rubric(tmp_path / "nothing.yaml")
