"""Formats: what follows each one, what does not, and what is no format."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from llm_eval_pipeline.evaluation.formats import FormatSpecError, follows_format, format_problem, read_format

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
    ({"type": "json_object", "required": ["a"]}, ['{"a": null, "b": 1}'], ["{}", "[]", '{"b": 1}', "a"]),
    (
        {"type": "json_array", "min_items": 1, "max_items": 2, "required": ["a"]},
        ['[{"a": 1}]', '```json\n[{"a": 1}, {"a": 2}]\n```'],
        ["[]", "[1]", '{"a": 1}', '[{"a": 1}, {}]', '[{"a": 1}, {"a": 2}, {"a": 3}]'],
    ),
    ({"type": "length", "unit": "words", "min": 2, "max": 3}, ["a b", "a b c"], ["a", "a b c d"]),
    ({"type": "length", "unit": "characters", "max": 3}, ["", "日本語"], ["four"]),
    ({"type": "length", "unit": "sentences", "min": 2}, ["One. Two.", "A! B? C."], ["Only Mr. Hill."]),
    ({"type": "length", "unit": "lines", "max": 2}, ["a\n\nb"], ["a\nb\nc"]),
    ({"type": "markdown_checklist"}, ["- [ ] a\n- [x] b\n  more"], ["- a", "", "Tasks:\n- [ ] a", "- [y] a"]),
    ({"type": "markdown_headings"}, ["# A", "text\n### B ##\n"], ["#A", "A\n=", "```\n# a comment\n```"]),
    (
        {"type": "markdown_headings", "min": 2, "level": 2, "titles": ["Risks"]},
        ["## Gains\nx\n## risks ##\ny"],
        ["## Risks", "## A\n## B", "# Gains\n# Risks"],
    ),
    (
        {"type": "markdown_table", "columns": 2, "min_rows": 2},
        ["| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 | 4 |", "So:\n\na | b\n- | -\n1 | 2\n3 | 4\n\nDone."],
        ["a b", "| a | b |\n|---|---|\n| 1 | 2 |", "| a |\n|---|\n| 1 |\n| 2 |", "| a | b |\n| 1 | 2 |\n| 3 | 4 |"],
    ),
    (
        {"type": "code_block", "language": "python"},
        ["So:\n```python\nx = 1\n```\nDone.", "~~~Python\nx\n~~~"],
        ["x = 1", "```\nx\n```", "```sql\nx\n```", "```python\nx"],
    ),
    ({"type": "code_block", "only": True}, ["```\nx\n```"], ["So:\n```\nx\n```", "```\nx\n```\n```\ny\n```"]),
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
        ('{"type": "length", "unit": "words"}', "it needs min, max or both"),
        ('{"type": "length", "unit": "words", "min": 3, "max": 2}', "min 3 is more than max 2"),
        ('{"type": "length", "unit": "pages", "max": 2}', "length.unit"),
        ('{"type": "json_array", "min_items": 3, "max_items": 2}', "min_items 3 is more than max_items 2"),
        ('{"type": "markdown_headings", "level": 7}', "markdown_headings.level"),
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


@pytest.mark.parametrize(
    ("spec", "output", "problem"),
    [
        ({"type": "json"}, '{"a": 1\n "b": 2}', "not JSON: Expecting ',' delimiter at line 2, column 2"),
        ({"type": "json"}, "```json\n{'a'}\n```", "at line 2, column 2"),
        ({"type": "json"}, "[NaN]", "not JSON: NaN is no number"),
        ({"type": "json_object", "required": ["a", "b"]}, "{}", "it lacks a, b"),
        ({"type": "json_object"}, "[]", "it is an array, not an object"),
        ({"type": "json_array", "required": ["a"]}, '[{"a": 1}, "x"]', "item 1 is a string, not an object"),
        ({"type": "json_array", "min_items": 2}, "[1]", "1 item, at least 2"),
        ({"type": "json_schema", "schema": PERSON}, '{"age": "3"}', "schema: $.age: '3' is not of type 'integer'"),
        ({"type": "json_schema", "schema": PERSON}, "{}", "schema: $: 'age' is a required property"),
        ({"type": "regex", "pattern": "[a-z]+"}, "42", "'42' does not match '[a-z]+'"),
        ({"type": "one_of", "values": ["yes", "no"]}, "maybe", "'maybe' is none of 'yes, no'"),
        ({"type": "max_words", "n": 2}, "a b c", "3 words, at most 2"),
        ({"type": "length", "unit": "sentences", "min": 2}, "One.", "1 sentence, at least 2"),
        ({"type": "markdown_list"}, "- a\nThat is all.", "'That is all.' is no list item"),
        ({"type": "markdown_list"}, "", "it is empty"),
        ({"type": "markdown_checklist"}, "- a", "'- a' is no task of a checklist"),
        ({"type": "markdown_headings", "min": 2}, "# A", "1 heading, at least 2"),
        ({"type": "markdown_headings", "level": 2, "titles": ["B"]}, "## A", "no heading of level 2 'B'"),
        ({"type": "markdown_table"}, "a", "no table"),
        ({"type": "markdown_table", "columns": 3}, "|a|b|\n|-|-|\n|1|2|", "a table of 2 columns, not 3"),
        ({"type": "markdown_table", "min_rows": 2}, "|a|b|\n|-|-|\n|1|2|", "a table of 1 row, at least 2"),
        ({"type": "code_block"}, "x", "no code block"),
        ({"type": "code_block"}, "```\nx", "a code block is not closed"),
        ({"type": "code_block", "language": "sql"}, "```\nx\n```", "a code block of no language, not sql"),
        ({"type": "code_block", "only": True}, "So:\n```\nx\n```", "something stands around the code block"),
        (
            {"type": "all_of", "formats": [{"type": "json"}, {"type": "max_words", "n": 1}]},
            "[1, 2]",
            "2 words, at most 1",
        ),
    ],
)
def test_what_is_wrong_is_said(spec: dict[str, Any], output: str, problem: str) -> None:
    assert (format_problem(output, json.dumps(spec)) or "").endswith(problem)


@pytest.mark.parametrize(("spec", "right", "wrong"), CASES)
def test_there_is_a_problem_exactly_where_the_format_is_not_followed(
    spec: dict[str, Any], right: list[str], wrong: list[str]
) -> None:
    text = json.dumps(spec)
    assert [format_problem(output, text) for output in right] == [None] * len(right)
    assert all(format_problem(output, text) for output in wrong)
    assert format_problem("anything", None) is None


def test_a_message_never_holds_the_whole_output() -> None:
    schema = {"type": "json_schema", "schema": {"type": "array"}}
    for spec in ({"type": "regex", "pattern": "x"}, {"type": "one_of", "values": ["x"]}, schema):
        assert len(format_problem(json.dumps("y" * 100_000), json.dumps(spec)) or "") < 500


DOUBLING = {
    "$defs": {
        **{f"n{n}": {"allOf": [{"$ref": f"#/$defs/n{n + 1}"}] * 2} for n in range(40)},
        "n40": {},
    },
    "$ref": "#/$defs/n0",
}
MODERN = "https://json-schema.org/draft/2020-12/schema"
SLOW = r"^(?:a|aa|ab?)*c$"
HOSTILE: list[tuple[dict[str, Any], str]] = [
    ({"type": "regex", "pattern": SLOW}, "a" * 50 + "c!"),
    ({"type": "json_schema", "schema": DOUBLING}, "1"),
    ({"type": "json_schema", "schema": {"$ref": "#"}}, "1"),
    ({"type": "json_schema", "schema": {"pattern": SLOW}}, json.dumps("a" * 50 + "c!")),
    ({"type": "json_schema", "schema": {"patternProperties": {SLOW: {}}}}, json.dumps({"a" * 50 + "c!": 1})),
    ({"type": "json_schema", "schema": {}}, json.dumps("a" * 1_000_001)),
    ({"type": "json_schema", "schema": {"multipleOf": 0.1}}, "1e999"),
    ({"type": "json_schema", "schema": {"multipleOf": 2}}, "1e999"),
    ({"type": "json_schema", "schema": {"items": {"multipleOf": 3}}}, "[3, -1e999]"),
    ({"type": "json_schema", "schema": {"multipleOf": 0.5}}, "9" * 400),
    ({"type": "json_schema", "schema": {"$ref": "#/more", "more": {"unevaluatedItems": False}}}, "[1]"),
    ({"type": "json_schema", "schema": {"$schema": MODERN, "$ref": "#"}}, "1"),
    ({"type": "json_schema", "schema": {"allOf": [{"$schema": MODERN, "pattern": SLOW}]}}, json.dumps("a" * 50 + "c!")),
    ({"type": "json_schema", "schema": {"items": {"enum": [[n] for n in range(2000)]}}}, f"[{'[1999],' * 50_000}[0]]"),
]


@pytest.mark.parametrize(("spec", "output"), HOSTILE)
def test_what_would_take_for_ever_is_undecided_and_says_so(spec: dict[str, Any], output: str) -> None:
    text, started = json.dumps(spec), time.process_time()
    assert follows_format(output, text) is None
    assert (format_problem(output, text) or "").startswith("undecided: ")
    assert time.process_time() - started < 5


def test_thousands_of_unique_objects_are_told_apart_in_no_time() -> None:
    spec = json.dumps({"type": "json_schema", "schema": {"uniqueItems": True}})
    items = [{"n": n, "of": [n % 7]} for n in range(20_000)]
    started = time.process_time()
    assert follows_format(json.dumps(items), spec) is True
    assert format_problem(json.dumps([*items, items[7]]), spec) == "schema: $: {'n': 7, 'of': [0]} stands there twice"
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("output", "unique"),
    [
        ("[1, true, 0, false, null]", True),
        ('[1, "1", [1], {"a": 1}]', True),
        ("[[1], [true]]", True),
        ("[1, 1.0]", False),
        ("[0, -0.0]", False),
        ('[{"a": 1, "b": 2.0}, {"b": 2, "a": 1}]', False),
        ("[[1, 2], [2, 1]]", True),
        ("{}", True),
    ],
)
def test_items_are_unique_by_value(output: str, unique: bool) -> None:
    spec = json.dumps({"type": "json_schema", "schema": {"uniqueItems": True}})
    assert follows_format(output, spec) is unique
    assert follows_format(output, json.dumps({"type": "json_schema", "schema": {"uniqueItems": False}})) is True


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        (
            {"unevaluatedProperties": False, "patternProperties": {SLOW: {}}},
            "unevaluatedProperties cannot be checked in",
        ),
        ({"items": {"anyOf": [{"unevaluatedItems": False}]}}, "unevaluatedItems cannot be checked in bounded time"),
        ({"properties": {"a": {"pattern": "("}}}, "no JSON Schema: '(' is not a 'regex'"),
        ({"patternProperties": {"(": {}}}, "no JSON Schema: '(' is not a 'regex'"),
        ({"$ref": "#/enum", "enum": [1]}, "the reference '#/enum' leads to no schema"),
        ({"$ref": "#/$defs/n"}, "the reference '#/$defs/n' leads nowhere"),
    ],
)
def test_a_schema_that_cannot_be_used_is_refused_when_it_is_read(schema: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatSpecError) as error:
        read_format(json.dumps({"type": "json_schema", "schema": schema}))
    assert message in str(error.value)


def test_a_property_may_have_the_name_of_a_keyword() -> None:
    schema = {"properties": {"unevaluatedItems": {"type": "integer"}, "$ref": {}, "pattern": {"const": "("}}}
    spec = json.dumps({"type": "json_schema", "schema": schema})
    assert follows_format('{"unevaluatedItems": 1, "$ref": "x", "pattern": "("}', spec) is True


def test_a_draft_without_a_keyword_ignores_it() -> None:
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", "unevaluatedProperties": False, "type": "object"}
    assert follows_format('{"a": 1}', json.dumps({"type": "json_schema", "schema": schema})) is True


def test_a_schema_nested_beyond_reason_is_an_error() -> None:
    deep = '{"not": ' * 5000 + "{}" + "}" * 5000
    with pytest.raises(FormatSpecError):
        follows_format("1", f'{{"type": "json_schema", "schema": {deep}}}')


def test_properties_that_a_schema_does_not_allow_are_named() -> None:
    schema = {"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": False}
    spec = json.dumps({"type": "json_schema", "schema": schema})
    assert follows_format('{"a": 1, "x-b": 2}', spec) is True
    assert format_problem('{"a": 1, "c": 2}', spec) == "schema: $: unexpected 'c'"
    typed = json.dumps({"type": "json_schema", "schema": {"additionalProperties": {"type": "integer"}}})
    assert format_problem('{"a": "1"}', typed) == "schema: $.a: '1' is not of type 'integer'"


@pytest.mark.parametrize("unit", ["# ", " ", "|", "```\n", "- ", "`", "-", "| - "])
@pytest.mark.parametrize("kind", ["markdown_list", "markdown_headings", "markdown_table", "code_block", "json"])
def test_time_grows_with_length_and_not_with_its_square(kind: str, unit: str) -> None:
    started = time.process_time()
    follows_format("x" + unit * (200_000 // len(unit)) + "x", json.dumps({"type": kind}))
    assert time.process_time() - started < 2
