"""JSON held against a JSON Schema: without downloads, and in bounded time."""

from __future__ import annotations

import json
from typing import Any, Literal

import regex
from pydantic import Field, field_validator

from llm_eval_pipeline.evaluation.formats.bounded_schema import bounded, one_check
from llm_eval_pipeline.evaluation.formats.json_text import NotJsonError, parsed
from llm_eval_pipeline.evaluation.formats.schema_reading import objection
from llm_eval_pipeline.evaluation.formats.seam import Format, FormatSpecError, UndecidedError, quoted

LONGEST_OUTPUT = 1_000_000
_LONGEST_MESSAGE = 200


class JsonSchema(Format):
    """JSON that is valid by a schema: Draft 2020-12, or what its ``$schema`` says."""

    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")

    @field_validator("schema_")
    @classmethod
    def _is_a_schema(cls, value: dict[str, Any]) -> dict[str, Any]:
        import jsonschema

        kind = jsonschema.validators.validator_for(value, jsonschema.Draft202012Validator)
        try:
            kind.check_schema(value)
        except jsonschema.SchemaError as error:
            raise ValueError(f"no JSON Schema: {error.message}") from error
        except RecursionError as error:
            raise ValueError("no JSON Schema that can be read: it is nested too deeply") from error
        if (why := objection(value, kind)) is not None:
            raise ValueError(why)
        return value

    def problem(self, output: str) -> str | None:
        """Not JSON, or the first place that is not valid."""
        import jsonschema
        from referencing import Registry
        from referencing.exceptions import Unresolvable

        if len(output) > LONGEST_OUTPUT:
            raise UndecidedError(f"{len(output)} characters are too many to hold against a schema")
        try:
            value = parsed(output)
        except NotJsonError as error:
            return str(error)
        kind = bounded(jsonschema.validators.validator_for(self.schema_, jsonschema.Draft202012Validator))
        registry: Registry[Any] = Registry()  # an empty one: a $ref to elsewhere is an error, never a download
        try:
            with one_check():
                first = next(kind(self.schema_, registry=registry).iter_errors(value), None)
        except (Unresolvable, regex.error) as error:
            raise FormatSpecError(f"the schema {quoted(json.dumps(self.schema_))} is wrong: {error}") from error
        except RecursionError as error:
            raise UndecidedError("the schema and the output together are nested too deeply") from error
        if first is None:
            return None
        text = first.message if len(first.message) <= _LONGEST_MESSAGE else first.message[:_LONGEST_MESSAGE] + "…"
        return f"schema: {first.json_path}: {text}"
