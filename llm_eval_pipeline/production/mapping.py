"""Which column is which in span files of one's own: a YAML file that holds for files beside it and below.

The nearest such file holds, up to the landing folder, and then the one that ``LLM_EVAL_TRACE_MAPPING`` names. Here:
what it says and where it is found. Not here: how rows are read with it (``readers/columns``).
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from llm_eval_pipeline.production.instants import Unit

MAPPING_FILE = "mapping.yaml"


class MappingError(ValueError):
    """A mapping that is missing or wrong. The text names the file and the field."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Told(_Strict):
    """Where a field's values come from: a column (dots lead into objects), or one value for all rows."""

    column: str | None = None
    value: str | int | float | bool | None = None
    optional: bool = False
    """Whether a file may lack the column."""

    @model_validator(mode="before")
    @classmethod
    def _column_alone(cls, given: object) -> object:
        return {"column": given} if isinstance(given, str) else given

    @model_validator(mode="after")
    def _one_of_both(self) -> Told:
        if (self.column is None) == (self.value is None):
            raise ValueError("give a column's name, or {column: …} or {value: …}")
        return self


class Columns(_Strict):
    """The fields of a span that a mapping may tell."""

    trace_id: Told
    started_at: Told
    span_id: Told | None = None
    parent_span_id: Told | None = None
    name: Told | None = None
    operation: Told | None = None
    ended_at: Told | None = None
    duration_ms: Told | None = None
    duration_s: Told | None = None
    status: Told | None = None
    error: Told | None = None
    model: Told | None = None
    input: Told | None = None
    output: Told | None = None
    input_tokens: Told | None = None
    cached_input_tokens: Told | None = None
    output_tokens: Told | None = None
    finish_reason: Told | None = None
    feature: Told | None = None
    prompt_version: Told | None = None
    session_id: Told | None = None
    user_id: Told | None = None
    feedback_score: Told | None = None
    documents: Told | None = None

    @model_validator(mode="after")
    def _one_end(self) -> Columns:
        names = ("ended_at", "duration_ms", "duration_s")
        if sum(getattr(self, name) is not None for name in names) != 1:
            raise ValueError(f"give one of {', '.join(names)}")
        return self

    def told(self) -> dict[str, Told]:
        """The fields that are told, by name."""
        return {name: told for name in type(self).model_fields if (told := getattr(self, name)) is not None}


class Mapping(_Strict):
    """A mapping file."""

    columns: Columns
    time: Unit = "iso"
    """How times are written: as ISO 8601, or as a number of this unit since 1970."""
    input_includes_cached: bool | None = None
    """Whether ``input_tokens`` counts cached tokens too; without it, ``cached_input_tokens`` has no meaning."""
    source: str = Field("columns", min_length=1, max_length=60)
    """What its spans carry in ``production_traces.source``."""

    @model_validator(mode="after")
    def _cached_tokens_are_told(self) -> Mapping:
        if self.columns.cached_input_tokens is not None and self.input_includes_cached is None:
            raise ValueError("cached_input_tokens is mapped: say whether input_includes_cached is true or false")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundMapping:
    """A mapping, the file that it stands in, and a digest of what that says."""

    mapping: Mapping
    file: str
    digest: str


def load_mapping(path: Path, shown: str) -> FoundMapping:
    """Read a mapping file; ``shown`` is what errors call it.

    Raises:
        MappingError: when the file is missing, or has an unknown, missing or wrong field.
    """
    try:
        data = path.read_bytes()
        content = yaml.safe_load(data)
    except OSError as error:
        raise MappingError(f"{shown} cannot be read: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise MappingError(f"{shown} is no YAML: {' '.join(str(error).split())[:300]}") from error
    try:
        mapping = Mapping.model_validate(content)
    except ValidationError as error:
        raise MappingError("; ".join(_said(shown, each["loc"], each["msg"]) for each in error.errors()[:5])) from error
    return FoundMapping(mapping=mapping, file=shown, digest=hashlib.sha256(data).hexdigest())


def mapping_for(folder: Path, name: str, otherwise: Path | None) -> tuple[Path, str] | None:
    """The mapping file that holds for a file of the landing folder, and what to call it; None when there is none."""
    place = name
    while place:
        place = place.rpartition("/")[0]
        path = folder / place / MAPPING_FILE
        if path.is_file():
            return path, os.path.normpath(f"{place}/{MAPPING_FILE}").lstrip("/")
    return (otherwise, f"{otherwise} (LLM_EVAL_TRACE_MAPPING)") if otherwise else None


def _said(shown: str, where: tuple[int | str, ...], what: str) -> str:
    text = what.removeprefix("Value error, ")
    if where[:1] == ("columns",) and text.startswith("Extra inputs"):
        text = f"no such field; there are {', '.join(Columns.model_fields)}"
    elif text.startswith("Extra inputs"):
        text = f"no such setting; there are {', '.join(Mapping.model_fields)}"
    return f"{shown}: {'.'.join(map(str, where)) or 'the file'}: {text}"
