"""What form a case asks its answer in: which labels, which JSON fields, told by its expected format or its prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.judging import Case

LONGEST_LABEL = 4
_SCHEMA = re.compile(r"\bschema\b[^{\n]{0,40}(?=\{)", re.IGNORECASE)
_LABELS = re.compile(
    r"\b(?:one of|labels?|categor(?:y|ies)|class(?:es)?|topics?|sentiments?|options?|queues?|teams?|"
    r"priority|kinds?|types?)\b[^:\n.?]{0,60}[:(]\s*([^\n.?()]{3,300})",
    re.IGNORECASE,
)
_LABELS_IN_LINE = re.compile(r"\bas (?:either )?((?:[\w -]+, )*[\w -]+?,? or [\w-]+)", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*(?:,\s*(?:or|and)?|\bor\b|\band\b|[|/;])\s*")
_ASKS_FOR_JSON = re.compile(r"\bjson\b", re.IGNORECASE)
_FENCE = re.compile(r"```(?:json)?\s*(.*?)```", re.DOTALL)


def read_json(text: str | None) -> Any:
    """The JSON in a text, also when it stands in a fence; None when there is none."""
    if not text:
        return None
    fenced = _FENCE.search(text)
    try:
        return orjson.loads(fenced[1] if fenced else text)
    except orjson.JSONDecodeError:
        return None


@lru_cache(maxsize=1024)
def required_fields(text: str | None) -> tuple[str, ...]:
    """The fields that an expected format asks for, the ones it requires before the ones it only describes."""
    for part in _objects(read_json(text)):
        if isinstance(part.get("properties"), dict):
            required = part.get("required")
            return tuple(required) if isinstance(required, list) and required else tuple(part["properties"])
    return ()


@lru_cache(maxsize=1024)
def quoted_schema(prompt: str) -> str | None:
    """The JSON Schema that a prompt quotes after the word, as an expected format; None when it quotes none."""
    found = _SCHEMA.search(prompt)
    if found is None:
        return None
    try:
        schema, _ = json.JSONDecoder().raw_decode(prompt, found.end())
    except (json.JSONDecodeError, RecursionError):
        return None
    return json.dumps({"type": "json_schema", "schema": schema})


def labels_of(case: Case, question: str) -> tuple[str, ...]:
    """The labels that an answer may choose from, when choosing a label is what was asked."""
    listed = _listed_labels(case.expected_format)
    if listed:
        return listed
    if case.expected_format or len((case.reference or case.output or "").split()) > LONGEST_LABEL:
        return ()
    found = _LABELS.search(question) or _LABELS_IN_LINE.search(question)
    if found is None:
        return ()
    names = tuple(name.strip(" '\"`*").lower() for name in _SEPARATOR.split(found[1]))
    names = tuple(name for name in names if name and len(name.split()) <= LONGEST_LABEL)
    return names if len(names) >= 2 else ()


@lru_cache(maxsize=1024)
def _listed_labels(text: str | None) -> tuple[str, ...]:
    content = read_json(text)
    if not isinstance(content, dict) or required_fields(text):
        return ()
    for part in _objects(content):
        for name in ("enum", "labels", "choices", "values", "options", "one_of"):
            values = part.get(name)
            if isinstance(values, list) and len(values) > 1 and all(isinstance(v, str) for v in values):
                return tuple(value.lower() for value in values)
    return ()


def wants_json(case: Case, question: str) -> bool:
    """Whether a JSON object was asked for."""
    if case.expected_format:
        return "json" in case.expected_format.lower() or bool(required_fields(case.expected_format))
    return not case.reference and bool(_ASKS_FOR_JSON.search(question))


def _objects(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _objects(value)
