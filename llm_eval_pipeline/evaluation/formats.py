"""Whether an output has the form that was asked for: the formats an example can name, and their checks.

A format is a JSON object in a text: ``{"type": "json"}``, ``{"type": "json_schema", "schema": {…}}``,
``{"type": "regex", "pattern": "…"}``, ``{"type": "one_of", "values": ["yes", "no"]}``,
``{"type": "max_words", "n": 50}``, ``{"type": "markdown_list"}`` or ``{"type": "all_of", "formats": [{…}, {…}]}``.
White space around an output never counts. Not here: whether the content is right.
"""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, field_validator

_FENCE = re.compile(r"```[\w+-]*[ \t]*")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+\S")


class FormatSpecError(ValueError):
    """An expected format that cannot be read. The text names the format and what is wrong with it."""


class _Format(BaseModel, ABC):
    model_config = ConfigDict(extra="forbid", frozen=True)

    @abstractmethod
    def admits(self, output: str) -> bool:
        """Whether a stripped output has this format."""


class _Json(_Format):
    type: Literal["json"]

    def admits(self, output: str) -> bool:
        return _parsed(output)[0]


class _JsonSchema(_Format):
    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        import jsonschema

        try:
            jsonschema.validators.validator_for(value, jsonschema.Draft202012Validator).check_schema(value)
        except jsonschema.SchemaError as error:
            raise ValueError(f"no JSON Schema: {error.message}") from error
        return value

    def admits(self, output: str) -> bool:
        import jsonschema
        from referencing import Registry
        from referencing.exceptions import Unresolvable

        is_json, value = _parsed(output)
        if not is_json:
            return False
        kind = jsonschema.validators.validator_for(self.schema_, jsonschema.Draft202012Validator)
        registry: Registry[Any] = Registry()  # an empty one: a $ref to elsewhere is an error, never a download
        try:
            return bool(kind(self.schema_, registry=registry).is_valid(value))
        except (Unresolvable, re.error) as error:
            raise FormatSpecError(f"the schema {_short(json.dumps(self.schema_))} is wrong: {error}") from error


class _Regex(_Format):
    type: Literal["regex"]
    pattern: re.Pattern[str]

    def admits(self, output: str) -> bool:
        return self.pattern.fullmatch(output) is not None


class _OneOf(_Format):
    type: Literal["one_of"]
    values: tuple[str, ...] = Field(min_length=1)

    def admits(self, output: str) -> bool:
        return output in self.values


class _MaxWords(_Format):
    type: Literal["max_words"]
    n: int = Field(ge=1)

    def admits(self, output: str) -> bool:
        return len(output.split()) <= self.n


class _MarkdownList(_Format):
    type: Literal["markdown_list"]

    def admits(self, output: str) -> bool:
        lines = [line for line in output.splitlines() if line.strip()]
        is_first = bool(lines) and _ITEM.match(lines[0]) is not None
        return is_first and all(_ITEM.match(line) or line.startswith(("  ", "\t")) for line in lines)


class _AllOf(_Format):
    type: Literal["all_of"]
    formats: tuple[AnyFormat, ...] = Field(min_length=1)

    def admits(self, output: str) -> bool:
        return all(part.admits(output) for part in self.formats)


AnyFormat = Annotated[
    _Json | _JsonSchema | _Regex | _OneOf | _MaxWords | _MarkdownList | _AllOf, Field(discriminator="type")
]
_AllOf.model_rebuild()
_READER: TypeAdapter[_Format] = TypeAdapter(AnyFormat)


def follows_format(output: str, expected_format: str | None) -> bool | None:
    """Whether ``output`` has the expected format; None when none is expected.

    JSON may stand in one code fence with nothing around it: models wrap it so, readers unwrap it, and what the
    fence holds is held to the same rule. ``NaN`` and ``Infinity`` are no JSON. A regex must match the whole output,
    a value of ``one_of`` must be it, letter case included; a list's lines are all items or indented parts of one.

    Raises:
        FormatSpecError: when ``expected_format`` is no format.
    """
    return None if expected_format is None else read_format(expected_format).admits(output.strip())


@lru_cache(maxsize=1024)
def read_format(expected_format: str) -> _Format:
    """The format that a text describes.

    Raises:
        FormatSpecError: when it is no JSON, or has an unknown type, a missing or unknown field, or a wrong value.
    """
    try:
        return _READER.validate_json(expected_format)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise FormatSpecError(f"the expected format {_short(expected_format)}: {where}: {first['msg']}") from error


def _parsed(output: str) -> tuple[bool, Any]:
    """Whether an output is JSON, in a fence or not, and its value."""
    opening, _, rest = output.partition("\n")
    is_fenced = _FENCE.fullmatch(opening) is not None and rest.endswith("```")
    try:
        return True, json.loads(rest[:-3] if is_fenced else output, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False, None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _short(text: str) -> str:
    return repr(text if len(text) <= 120 else text[:117] + "...")
