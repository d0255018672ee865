"""Formats that bound how long an output is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from llm_eval_pipeline.evaluation.formats.seam import Format, count
from llm_eval_pipeline.evaluation.instructions.sentences import count_sentences

Unit = Literal["words", "characters", "sentences", "lines"]
_LENGTHS: Mapping[Unit, Callable[[str], int]] = MappingProxyType(
    {
        "words": lambda text: len(text.split()),
        "characters": len,
        "sentences": count_sentences,
        "lines": lambda text: sum(bool(line.strip()) for line in text.splitlines()),
    }
)


class Length(Format):
    """From ``min`` to ``max`` words, characters, sentences, or lines that are not blank."""

    type: Literal["length"]
    unit: Unit
    min: int = Field(0, ge=0)
    max: int | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _bounds_something(self) -> Self:
        if self.max is None and not self.min:
            raise ValueError("it needs min, max or both")
        if self.max is not None and self.min > self.max:
            raise ValueError(f"min {self.min} is more than max {self.max}")
        return self

    def problem(self, output: str) -> str | None:
        """Too short or too long."""
        length = _LENGTHS[self.unit](output)
        if length < self.min:
            return f"{count(length, self.unit[:-1])}, at least {self.min}"
        if self.max is not None and length > self.max:
            return f"{count(length, self.unit[:-1])}, at most {self.max}"
        return None


class MaxWords(Format):
    """At most ``n`` words."""

    type: Literal["max_words"]
    n: int = Field(ge=1)

    def problem(self, output: str) -> str | None:
        """Too long."""
        words = len(output.split())
        return None if words <= self.n else f"{count(words, 'word')}, at most {self.n}"
