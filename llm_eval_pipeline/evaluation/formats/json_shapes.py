"""JSON of any shape, an object with certain keys, or an array of such objects."""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import Field, model_validator

from llm_eval_pipeline.evaluation.formats.json_text import NotJsonError, kind_of, parsed
from llm_eval_pipeline.evaluation.formats.seam import Format, count


class Json(Format):
    """Any JSON value."""

    type: Literal["json"]

    def problem(self, output: str) -> str | None:
        """Not JSON, and where."""
        try:
            parsed(output)
        except NotJsonError as error:
            return str(error)
        return None


class JsonObject(Format):
    """A JSON object that has the required keys."""

    type: Literal["json_object"]
    required: tuple[str, ...] = ()

    def problem(self, output: str) -> str | None:
        """Not JSON, no object, or a key is missing."""
        try:
            return _object_problem(parsed(output), self.required, "it")
        except NotJsonError as error:
            return str(error)


class JsonArray(Format):
    """A JSON array of so many items; with required keys, an array of objects that have them."""

    type: Literal["json_array"]
    min_items: int = Field(0, ge=0)
    max_items: int | None = Field(None, ge=0)
    required: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if self.max_items is not None and self.min_items > self.max_items:
            raise ValueError(f"min_items {self.min_items} is more than max_items {self.max_items}")
        return self

    def problem(self, output: str) -> str | None:
        """Not JSON, no array, too few or too many items, or an item without a key."""
        try:
            value = parsed(output)
        except NotJsonError as error:
            return str(error)
        if not isinstance(value, list):
            return f"it is {kind_of(value)}, not an array"
        if len(value) < self.min_items:
            return f"{count(len(value), 'item')}, at least {self.min_items}"
        if self.max_items is not None and len(value) > self.max_items:
            return f"{count(len(value), 'item')}, at most {self.max_items}"
        if not self.required:
            return None
        found = (_object_problem(item, self.required, f"item {place}") for place, item in enumerate(value))
        return next((problem for problem in found if problem), None)


def _object_problem(value: Any, required: tuple[str, ...], name: str) -> str | None:
    if not isinstance(value, dict):
        return f"{name} is {kind_of(value)}, not an object"
    if missing := [key for key in required if key not in value]:
        return f"{name} lacks {', '.join(missing)}"
    return None
