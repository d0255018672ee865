"""From a text to a format, and from a format to a verdict."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Literal

from pydantic import Field, TypeAdapter, ValidationError

from llm_eval_pipeline.evaluation.formats.json_schema import JsonSchema
from llm_eval_pipeline.evaluation.formats.json_shapes import Json, JsonArray, JsonObject
from llm_eval_pipeline.evaluation.formats.lengths import Length, MaxWords
from llm_eval_pipeline.evaluation.formats.markdown import (
    CodeBlock,
    MarkdownChecklist,
    MarkdownHeadings,
    MarkdownList,
    MarkdownTable,
)
from llm_eval_pipeline.evaluation.formats.patterns import OneOf, Regex
from llm_eval_pipeline.evaluation.formats.seam import Format, FormatSpecError, UndecidedError, quoted


class AllOf(Format):
    """Several formats at once."""

    type: Literal["all_of"]
    formats: tuple[AnyFormat, ...] = Field(min_length=1)

    def problem(self, output: str) -> str | None:
        """The first problem with one of them."""
        return next((problem for part in self.formats if (problem := part.problem(output))), None)


AnyFormat = Annotated[
    Json
    | JsonObject
    | JsonArray
    | JsonSchema
    | Regex
    | OneOf
    | Length
    | MaxWords
    | MarkdownList
    | MarkdownChecklist
    | MarkdownHeadings
    | MarkdownTable
    | CodeBlock
    | AllOf,
    Field(discriminator="type"),
]
AllOf.model_rebuild()
_READER: TypeAdapter[Format] = TypeAdapter(AnyFormat)


def follows_format(output: str, expected_format: str | None) -> bool | None:
    """Whether ``output`` has the expected format; None when none is expected, or it cannot be told in bounded time.

    Raises:
        FormatSpecError: when ``expected_format`` is no format.
    """
    return judged_format(output, expected_format)[0]


def format_problem(output: str, expected_format: str | None) -> str | None:
    """What keeps ``output`` from having the expected format, in a few words; None when it has it or none is expected.

    Such as ``not JSON: Expecting ',' delimiter at line 3, column 5``, ``schema: $.total: '3' is not of type 'integer'``
    or ``71 words, at most 50``; where it cannot be told in bounded time, ``undecided:`` and why.

    Raises:
        FormatSpecError: when ``expected_format`` is no format.
    """
    return judged_format(output, expected_format)[1]


def judged_format(output: str, expected_format: str | None) -> tuple[bool | None, str | None]:
    """What :func:`follows_format` and :func:`format_problem` say, from one check."""
    if expected_format is None:
        return None, None
    try:
        problem = read_format(expected_format).problem(output.strip())
    except UndecidedError as error:
        return None, f"undecided: {error}"
    return problem is None, problem


@lru_cache(maxsize=1024)
def read_format(expected_format: str) -> Format:
    """The format that a text describes.

    Raises:
        FormatSpecError: when it is no JSON, or has an unknown type, a missing or unknown field, or a wrong value.
    """
    try:
        return _READER.validate_json(expected_format)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise FormatSpecError(f"the expected format {quoted(expected_format)}: {where}: {first['msg']}") from error
