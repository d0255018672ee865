"""What every format is: fields that are read strictly, and a check that says what is wrong."""

from __future__ import annotations

from abc import ABC, abstractmethod

from pydantic import BaseModel, ConfigDict

LONGEST_QUOTE = 120


class FormatSpecError(ValueError):
    """An expected format that cannot be read. The text names the format and what is wrong with it."""


class UndecidedError(Exception):
    """An output that cannot be held against its format in bounded time. The text says what takes too long."""


class Format(BaseModel, ABC):
    """A format that an output can have."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def problem(self, output: str) -> str | None:
        """What is wrong with a stripped output, in a few words; None when it has this format.

        Raises:
            UndecidedError: when that cannot be told in bounded time.
            FormatSpecError: when the format turns out to make no sense.
        """


def quoted(text: str) -> str:
    """A text in quotation marks, cut to what a message can hold."""
    return repr(text if len(text) <= LONGEST_QUOTE else text[: LONGEST_QUOTE - 3] + "...")


def count(n: int, noun: str) -> str:
    """A number and its noun: 1 word, 2 words."""
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"
