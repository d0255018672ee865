"""Formats: what follows each one, what does not, and what is no format."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llm_eval_pipeline.evaluation.formats import FormatSpecError, follows_format

PERSON = {"type": "object", "required": ["age"], "properties": {"age": {"type": "integer"}}}
CASES: list[tuple[dict[str, Any], list[str], list[str]]] = [
    (
        {"type": "json"},
        ['{"a": 1}', " [] ", "```json\n[1]\n```", "```\n{}\n```"],
        [
            "",
            "{'a': 1}",
            "NaN",
            "[Infinity]",
            "Here: {}",
            "```json\n[1]\n```\nDone.",
            "```json\n1\n```\n```json\n2\n```",
        ],
    ),
    ({"type": "json_schema", "schema": PERSON}, ['{"age": 3}', '```\n{"age": 3}\n```'], ['{"age": "3"}', "{}", "x"]),
    ({"type": "regex", "pattern": r"\d{3}-[A-Z]"}, ["123-A", " 123-A\n"], ["123-a", "no 123-A"]),
    ({"type": "one_of", "values": ["yes", "no"]}, ["yes", "no\n"], ["Yes", "yes.", "yes no", ""]),
    ({"type": "max_words", "n": 3}, ["", "one two three"], ["one two three four"]),
    (
        {"type": "markdown_list"},
        ["- a\n- b", "1. a\n2) b", "* a\n  more of a\n\n* b"],
        ["", "a, b", "List:\n- a", "- a\n\nThat is all."],
    ),
    (
        {"type": "all_of", "formats": [{"type": "json"}, {"type": "max_words", "n": 1}]},
        ["[1]"],
        ["[1, 2]", "word"],
    ),
]


@pytest.mark.parametrize(("spec", "right", "wrong"), CASES)
def test_each_format_tells_right_from_wrong(spec: dict[str, Any], right: list[str], wrong: list[str]) -> None:
    text = json.dumps(spec)
    assert [follows_format(output, text) for output in right] == [True] * len(right)
    assert [follows_format(output, text) for output in wrong] == [False] * len(wrong)


def test_no_expected_format_is_neither_followed_nor_broken() -> None:
    assert follows_format("anything", None) is None


def test_json_nested_beyond_reason_is_not_followed() -> None:
    assert follows_format("[" * 100_000, '{"type": "json"}') is False


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("", "Invalid JSON"),
        ("[]", "should be an object"),
        ("{}", "Unable to extract tag using discriminator 'type'"),
        ('{"type": "xml"}', "Input tag 'xml'"),
        ('{"type": "regex", "pattern": "("}', "regex.pattern"),
        ('{"type": "max_words", "n": 0}', "max_words.n"),
        ('{"type": "max_words", "m": 1}', "max_words.n"),
        ('{"type": "one_of", "values": []}', "one_of.values"),
        ('{"type": "json", "strict": true}', "json.strict"),
        ('{"type": "json_schema", "schema": {"type": "strin"}}', "no JSON Schema: 'strin'"),
        ('{"type": "all_of", "formats": [{"type": "yaml"}]}', "all_of.formats.0"),
    ],
)
def test_what_is_no_format_is_an_error_that_names_it(spec: str, message: str) -> None:
    with pytest.raises(FormatSpecError) as error:
        follows_format("x", spec)
    assert message in str(error.value)
    assert spec in str(error.value)


def test_a_schema_that_points_elsewhere_is_an_error_and_no_download() -> None:
    spec = json.dumps({"type": "json_schema", "schema": {"$ref": "https://localhost/person.json"}})
    with pytest.raises(FormatSpecError, match=r"person\.json"):
        follows_format("{}", spec)


def test_a_schema_may_point_within_itself() -> None:
    schema = {"$defs": {"n": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/n"}}
    spec = json.dumps({"type": "json_schema", "schema": schema})
    assert follows_format("[1, 2]", spec) is True
    assert follows_format('["1"]', spec) is False
