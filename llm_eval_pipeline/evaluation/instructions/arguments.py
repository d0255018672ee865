"""What an instruction was given: its arguments, read by type, with an error that names what is wrong.

Not here: what an instruction means.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

AT_LEAST = "at least"
LESS_THAN = "less than"


class InstructionError(ValueError):
    """An instruction that nobody knows, or whose arguments make no sense. The text names instruction and argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """One instruction's arguments; arguments that the instruction does not use are ignored, and null is absent."""

    instruction_id: str
    values: Mapping[str, Any]
    prompt: str

    def text(self, name: str) -> str:
        """A text that is not empty."""
        value = self._given(name)
        if not isinstance(value, str) or not value.strip():
            raise self.wrong(name, value, "a text that is not empty")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """One or more texts."""
        value = self._given(name)
        if not isinstance(value, list | tuple) or not value or not all(isinstance(v, str) and v for v in value):
            raise self.wrong(name, value, "a list of texts")
        return tuple(value)

    def count(self, name: str) -> int:
        """A whole number, zero or more; 3.0 is 3, because JSON writers often make it so."""
        value = self._given(name)
        is_whole = isinstance(value, int | float) and not isinstance(value, bool) and value == value // 1
        if not is_whole or value < 0:
            raise self.wrong(name, value, "a whole number, zero or more")
        return int(value)

    def holds(self, found: int, relation: str, limit: str) -> bool:
        """Whether ``found`` is ``at least`` or ``less than`` the limit; both are names of arguments."""
        kind, bound = self.text(relation), self.count(limit)
        if kind not in (AT_LEAST, LESS_THAN):
            raise self.wrong(relation, kind, f"{AT_LEAST!r} or {LESS_THAN!r}")
        return found >= bound if kind == AT_LEAST else found < bound

    def wrong(self, name: str, value: object, expected: str) -> InstructionError:
        """The error for an argument that cannot be used."""
        return InstructionError(f"{self.instruction_id}: {name} is {value!r}; it must be {expected}")

    def _given(self, name: str) -> Any:
        value = self.values.get(name)
        if value is None:
            given = ", ".join(key for key, v in self.values.items() if v is not None) or "none"
            raise InstructionError(f"{self.instruction_id}: the argument {name} is missing; given: {given}")
        return value
