"""An example: what is asked, what a good answer is, and the identity that both give it."""

from __future__ import annotations

import hashlib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

CANARY_SHARE = 0.6


class DatasetError(ValueError):
    """A dataset file is missing or has a row that cannot be used. The text names file, line and what to do."""


def not_the_total(feature: str) -> str:
    """A feature's name, which is not the one that the totals of all features have in every table.

    Raises:
        ValueError: when it is.
    """
    if feature == "all":
        raise ValueError("the name `all` is that of the total over all features: give the feature another")
    return feature


class Instruction(BaseModel):
    """A verifiable instruction: one of IFEval's ids, with its arguments."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    kwargs: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _can_be_checked(self) -> Instruction:
        """An answer is held against it here, so that a slip is found before anybody is paid for an answer."""
        from llm_eval_pipeline.evaluation.instructions import follows

        follows(self.id, self.kwargs, "What is asked?", "Some answer.")
        return self


class Example(BaseModel):
    """One example of the evaluation dataset.

    ``expected_format`` is a JSON text that ``evaluation.formats`` understands. ``split`` is given only to pin an
    example; otherwise it follows from the content hash and never moves.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    prompt: str = Field(min_length=1)
    feature: str = Field(min_length=1)
    reference: str | None = None
    context: str | None = None
    expected_format: str | None = None
    instructions: tuple[Instruction, ...] = ()
    should_refuse: bool | None = None
    system: str | None = None
    source: Literal["curated", "production"] = "curated"
    split: Literal["canary", "regression", "fresh"] | None = None
    trace_id: str | None = None

    @field_validator("prompt")
    @classmethod
    def _asks_something(cls, value: str) -> str:
        if not value.strip():
            raise ValueError("a prompt of white space asks nothing")
        return value

    @field_validator("expected_format")
    @classmethod
    def _is_a_format(cls, value: str | None) -> str | None:
        """A format that cannot be read is found here, before a model is paid for its answer."""
        from llm_eval_pipeline.evaluation.formats import read_format

        if value is not None:
            read_format(value)
        return value

    @field_validator("feature")
    @classmethod
    def _is_no_total(cls, value: str) -> str:
        return not_the_total(value)

    @cached_property
    def example_id(self) -> str:
        """The first 20 hex digits of SHA-256 over what is asked and what is expected."""
        content: list[Any] = [
            self.feature,
            self.system,
            self.prompt,
            self.context,
            self.reference,
            self.expected_format,
        ]
        content += [self.should_refuse, [[i.id, i.kwargs] for i in self.instructions]]
        return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).hexdigest()[:20]

    @property
    def messages(self) -> list[dict[str, str]]:
        """The conversation that a model is sent."""
        system = [{"role": "system", "content": self.system}] if self.system else []
        return [*system, {"role": "user", "content": self.prompt}]

    @property
    def assigned_split(self) -> str:
        """``fresh`` for production's, else ``canary`` or ``regression`` by hash, unless pinned."""
        if self.split is not None:
            return self.split
        if self.source == "production":
            return "fresh"
        return "canary" if int(self.example_id[:8], 16) / 16**8 < CANARY_SHARE else "regression"

    def row(self, dataset_version: str) -> dict[str, Any]:
        """The example as a row of ``eval_dataset``."""
        return {
            "example_id": self.example_id,
            "prompt": self.prompt,
            "messages": self.messages,
            "reference": self.reference,
            "context": self.context,
            "expected_format": self.expected_format,
            "instructions": [
                {"id": i.id, "kwargs": orjson.dumps(i.kwargs, option=orjson.OPT_SORT_KEYS).decode()}
                for i in self.instructions
            ],
            "should_refuse": self.should_refuse,
            "feature": self.feature,
            "source": self.source,
            "split": self.assigned_split,
            "trace_id": self.trace_id,
            "dataset_version": dataset_version,
        }


def load_examples(folder: Path) -> list[Example]:
    """The curated examples: every ``*.jsonl`` file of a folder, in order of name.

    Raises:
        DatasetError: when there is no file, a line is no example, or the same example stands twice.
    """
    files = sorted(folder.glob("*.jsonl"))
    if not files:
        raise DatasetError(f"no examples: {folder} holds no .jsonl file; see data/examples/README.md for the fields")
    examples: dict[str, Example] = {}
    for file in files:
        for number, line in enumerate(file.read_bytes().splitlines(), 1):
            if not line.strip():
                continue
            try:
                example = Example.model_validate_json(line)
            except ValidationError as error:
                first = error.errors()[0]
                where = ".".join(str(part) for part in first["loc"]) or "line"
                raise DatasetError(
                    f"{file}, line {number}: {where}: {first['msg'].removeprefix('Value error, ')}"
                ) from error
            if example.example_id in examples:
                raise DatasetError(f"{file}, line {number}: the same example stands twice: {example.prompt[:80]!r}")
            examples[example.example_id] = example
    return list(examples.values())


def dataset_version(examples: list[Example]) -> str:
    """The first 12 hex digits of SHA-256 over the sorted ids: the same examples are the same version."""
    ids = "\n".join(sorted(example.example_id for example in examples))
    return hashlib.sha256(ids.encode()).hexdigest()[:12]
