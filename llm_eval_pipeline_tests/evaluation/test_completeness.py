"""Completeness: what the model says of its end, what the text shows, and null where neither tells."""

from __future__ import annotations

import time

import pytest

from llm_eval_pipeline.evaluation.completeness import complete, incompleteness


@pytest.mark.parametrize(
    ("output", "finish_reason", "reason"),
    [
        ("So it", "length", "cut off after 'So it': finish reason length"),
        ("So it", "MAX_TOKENS", "cut off after 'So it': finish reason max_tokens"),
        ("So.", "content_filter", "withheld: finish reason content_filter"),
        ("", "content_filter", "withheld: finish reason content_filter"),
        (" \n", "stop", "the output is empty"),
        (None, None, "the output is empty"),
        ('{"a": [1, 2', "stop", "the JSON breaks off after '{\"a\": [1, 2'"),
        ('{"a": "b', None, "the JSON breaks off"),
        ("```python\nx = 1", "stop", "a code block is not closed"),
        ("We need bread, milk,", "stop", "it breaks off after 'We need bread, milk,'"),
        ("The hub stores the", "stop", "it breaks off after 'The hub stores the'"),
        ("x" * 100 + " of", "length", "cut off after '..." + "x" * 57 + " of': finish reason length"),
    ],
)
def test_what_is_not_whole_and_why(output: str | None, finish_reason: str | None, reason: str) -> None:
    assert (incompleteness(output, finish_reason) or "").startswith(reason)
    assert complete(output, finish_reason) is (None if output is None else False)


@pytest.mark.parametrize(
    "output",
    [
        "The hub stores 14 days.",
        "Paris",
        "yes",
        "of",
        "- bread\n- milk",
        '{"a": 1}',
        "{'a': 1}",
        "[a link](https://example.com) explains it",
        "```\nx = 1\n```",
        "Yours sincerely,\nJane",
    ],
)
def test_what_is_whole(output: str) -> None:
    assert incompleteness(output, "stop") is None
    assert complete(output, "stop") is True
    assert complete(output, "end_turn") is True


@pytest.mark.parametrize("finish_reason", [None, "unknown", "something_new"])
def test_without_a_known_reason_nobody_knows(finish_reason: str | None) -> None:
    assert complete("The hub stores 14 days.", finish_reason) is None
    assert complete("The hub stores the", finish_reason) is False


@pytest.mark.parametrize("unit", ["{", "[", "a ", "`", "```\n", ", "])
def test_time_grows_with_length_and_not_with_its_square(unit: str) -> None:
    started = time.process_time()
    complete(unit * (500_000 // len(unit)), "stop")
    assert time.process_time() - started < 2
