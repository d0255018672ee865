"""What a case offers to judge by: the question and the passage of its prompt, its sources, its labels, its fields."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.judging import Case

SHORTEST_PASSAGE = 30
LONGEST_LABEL = 4
_PARAGRAPH = re.compile(r"\n\s*\n|:\s*\n")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A case taken apart.

    ``view`` names what it can be judged by: ``label`` and ``fields`` (a reference of that shape), ``bare_label`` and
    ``bare_fields`` (the same without a reference), ``reference`` (an expected answer), ``summary`` (an expected
    summary of a passage in the prompt), ``passage`` (the passage alone), ``context`` or ``prompt``.
    """

    view: str
    case: Case
    output: str
    question: str
    passage: str | None
    sources: tuple[str, ...]
    labels: tuple[str, ...] = ()
    expected: Any = None

    @property
    def message(self) -> str:
        """The last paragraph of the prompt: what there is to classify, or to extract from."""
        return self.case.prompt.strip().rsplit("\n", 1)[-1]

    @property
    def expected_format(self) -> str | None:
        """The form that was asked for: the case's own, or the schema that its prompt quotes."""
        return self.case.expected_format or _quoted_schema(self.case.prompt)


def evidence_of(case: Case) -> Evidence:
    """Take a case apart. Its output must not be empty."""
    question, passage = split_prompt(case.prompt)
    labels = _labels(case, question)
    expected = read_json(case.reference) if case.reference and case.reference.lstrip()[:1] in ("{", "[") else None
    if labels:
        view = "label" if case.reference else "bare_label"
    elif expected is not None or _wants_json(case, question):
        view = "fields" if expected is not None else "bare_fields"
    elif case.reference:
        view = "summary" if passage and not case.context else "reference"
    elif case.context:
        view = "context"
    else:
        view = "passage" if passage else "prompt"
    return Evidence(
        view=view,
        case=case,
        output=(case.output or "").strip(),
        question=question,
        passage=passage,
        sources=tuple(text for text in (case.context, case.reference, case.prompt) if text),
        labels=labels,
        expected=expected,
    )


@lru_cache(maxsize=4096)
def split_prompt(prompt: str) -> tuple[str, str | None]:
    """The instruction of a prompt, and the passage that stands below, above or after it, if there is one."""
    parts = _PARAGRAPH.split(prompt.strip(), maxsplit=1)
    if len(parts) == 1:
        head, colon, tail = prompt.partition(": ")
        parts = [head, tail] if colon else [prompt]
    if len(parts) < 2 or len(parts[1].split()) < SHORTEST_PASSAGE:
        return prompt, None
    if len(parts[0].split()) <= len(parts[1].split()):
        return parts[0], parts[1]
    above, _, below = prompt.rstrip().rpartition("\n\n")
    return (below, above) if above and len(below.split()) < len(above.split()) else (prompt, None)


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
def expected_format(text: str | None) -> Any:
    """An expected format as data; None when there is none or nobody can read it."""
    return read_json(text)


@lru_cache(maxsize=1024)
def required_fields(text: str | None) -> tuple[str, ...]:
    """The fields that an expected format asks for, the ones it requires before the ones it only describes."""
    for part in _objects(expected_format(text)):
        if isinstance(part.get("properties"), dict):
            required = part.get("required")
            return tuple(required) if isinstance(required, list) and required else tuple(part["properties"])
    return ()


@lru_cache(maxsize=1024)
def _quoted_schema(prompt: str) -> str | None:
    found = _SCHEMA.search(prompt)
    if found is None:
        return None
    try:
        schema, _ = json.JSONDecoder().raw_decode(prompt, found.end())
    except json.JSONDecodeError:
        return None
    return json.dumps({"type": "json_schema", "schema": schema})


def _labels(case: Case, question: str) -> tuple[str, ...]:
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
    content = expected_format(text)
    if not isinstance(content, dict) or required_fields(text):
        return ()
    for part in _objects(content):
        for name in ("enum", "labels", "choices", "values", "options", "one_of"):
            values = part.get(name)
            if isinstance(values, list) and len(values) > 1 and all(isinstance(v, str) for v in values):
                return tuple(value.lower() for value in values)
    return ()


def _wants_json(case: Case, question: str) -> bool:
    if case.expected_format:
        return "json" in case.expected_format.lower() or bool(required_fields(case.expected_format))
    return not case.reference and bool(_ASKS_FOR_JSON.search(question))


def _objects(content: Any) -> Iterator[dict[str, Any]]:
    if isinstance(content, dict):
        yield content
    for value in content.values() if isinstance(content, dict) else content if isinstance(content, list) else ():
        yield from _objects(value)
