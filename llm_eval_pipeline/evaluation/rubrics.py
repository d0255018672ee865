"""A rubric: what the judge is told, with a version that every score carries.

Here: what a rubric is, how its file is read, and which of several fits a case. Not here: what is sent to a judge
(``judging``, ``pairwise``), and any opinion in code: the words stand in ``data/rubrics/``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from llm_eval_pipeline.evaluation.judging import Case


class RubricError(ValueError):
    """A rubric file is missing or wrong. The text names file and field."""


class Rubric(BaseModel):
    """Instructions for a judge, their version, and the fields that a case must have for them to make sense."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(min_length=1)
    instructions: str = Field(min_length=1)
    needs: tuple[Literal["reference", "context", "expected_format", "should_refuse"], ...] = ()

    def fits(self, case: Case) -> bool:
        """Whether the case has every field that the rubric needs; a blank text is none."""
        known = (getattr(case, name) for name in self.needs)
        return all(bool(field.strip()) if isinstance(field, str) else field is not None for field in known)


def load_rubric(path: Path) -> Rubric:
    """Read a rubric file.

    Raises:
        RubricError: when the file is missing, or has an unknown or missing field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RubricError(f"the rubric {path} is missing") from error
    except yaml.YAMLError as error:
        raise RubricError(f"{path} is no YAML: {error}") from error
    try:
        return Rubric.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        raise RubricError(f"{path}: {'.'.join(str(p) for p in first['loc'])}: {first['msg']}") from error


def rubric_for(case: Case, rubrics: Sequence[Rubric]) -> Rubric:
    """The first rubric that fits a case, so the one that needs the most stands first.

    Raises:
        RubricError: when none fits; a rubric that needs nothing always does.
    """
    for rubric in rubrics:
        if rubric.fits(case):
            return rubric
    wanted = "; ".join(f"{rubric.version} needs {' and '.join(rubric.needs)}" for rubric in rubrics)
    raise RubricError(f"no rubric fits the case ({wanted or 'there is none'}): add one that needs nothing")
