"""Formats that give the words: a regular expression, or a choice of values."""

from __future__ import annotations

from typing import Literal

import regex
from pydantic import Field, field_validator

from llm_eval_pipeline.evaluation.formats.bounded import fullmatches
from llm_eval_pipeline.evaluation.formats.seam import Format, quoted


class Regex(Format):
    """The whole output matches a regular expression, of the ``regex`` module's kind (a superset of ``re``)."""

    type: Literal["regex"]
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            regex.compile(value)
        except regex.error as error:
            raise ValueError(f"no regular expression: {error}") from error
        return value

    def problem(self, output: str) -> str | None:
        """Not matched."""
        return None if fullmatches(self.pattern, output) else f"{quoted(output)} does not match {quoted(self.pattern)}"


class OneOf(Format):
    """The output is one of several values, letter case included."""

    type: Literal["one_of"]
    values: tuple[str, ...] = Field(min_length=1)

    def problem(self, output: str) -> str | None:
        """Another value."""
        return None if output in self.values else f"{quoted(output)} is none of {quoted(', '.join(self.values))}"
