"""Rubrics: the one that ships, and files that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_eval_pipeline.evaluation.rubrics import RubricError, load_rubric
from llm_eval_pipeline.settings import REPOSITORY


def test_the_rubric_that_ships_has_a_dated_version_and_asks_for_json() -> None:
    rubric = load_rubric(REPOSITORY / "data" / "rubrics" / "quality.yaml")
    assert rubric.version == "quality-2026-01-01"
    assert '{"score": number' in rubric.instructions


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("instructions: Grade.", "version: Field required"),
        ("version: v1\ninstructions: ''", "instructions: String should have at least 1 character"),
        ("version: 1\ninstructions: Grade.", "version: Input should be a valid string"),
        ("version: v1\ninstructions: Grade.\nscale: 10", "scale: Extra inputs are not permitted"),
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
