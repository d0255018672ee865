"""A rubric: what the judge is told, with a version that every score carries."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError


class RubricError(ValueError):
    """A rubric file is missing or wrong. The text names file and field."""


class Rubric(BaseModel):
    """Instructions for a judge, and their version."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str = Field(min_length=1)
    instructions: str = Field(min_length=1)


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
