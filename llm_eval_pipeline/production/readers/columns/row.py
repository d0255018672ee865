"""A row of a table: its values by column, and how it is written down when it is no span."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from llm_eval_pipeline.production.readers.seam import KEPT
from llm_eval_pipeline.production.spans import BadSpanError


@dataclass(frozen=True, slots=True)
class Instant:
    """A value whose column says that it is a time."""

    ns: int

    def __str__(self) -> str:
        return f"{self.ns} ns since 1970"


@dataclass(frozen=True, slots=True)
class Row:
    """One row; ``line`` counts from 1, ``part`` within a line that holds several."""

    line: int
    part: int
    values: Mapping[str, Any]

    def has(self, column: str) -> bool:
        """Whether the row has the column, be it empty, or the object that holds it."""
        return column in self.values or column.partition(".")[0] in self.values

    def get(self, column: str) -> Any:
        """A column's value; ``a.b`` is also what ``b`` is in the object ``a``. None when it is empty or not there."""
        if column in self.values:
            return self.values[column]
        found: Any = self.values
        for name in column.split("."):
            if not isinstance(found, dict):
                return None
            found = found.get(name)
        return found

    def raw(self) -> bytes:
        """The row as JSON, possibly only its beginning."""
        return self._written()[:KEPT]

    def size(self) -> int:
        """How many bytes that are."""
        return len(self._written())

    def _written(self) -> bytes:
        try:
            return orjson.dumps(self.values, default=str)
        except orjson.JSONEncodeError:
            return ascii(self.values).encode()


def jsonable(value: Any) -> Any:
    """A value as JSON has it; decimals, times and bytes become text.

    Raises:
        BadSpanError: when it is nested too deeply, or a number is too large.
    """
    if value is None or isinstance(value, str | bool | int | float):
        return value
    try:
        return orjson.loads(orjson.dumps(value, default=str))
    except orjson.JSONEncodeError as error:
        raise BadSpanError(f"a value cannot be kept as JSON: {error}") from error
