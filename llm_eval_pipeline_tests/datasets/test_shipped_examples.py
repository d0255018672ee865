"""The examples and documents that ship with the project: complete, consistent and usable as they stand."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from llm_eval_pipeline.datasets.examples import Example, load_examples
from llm_eval_pipeline.evaluation.grounding import unsupported_sentences
from llm_eval_pipeline.evaluation.instructions import follows

DATA = Path(__file__).parents[2] / "data"
EXAMPLES = load_examples(DATA / "examples")
DOCUMENTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted((DATA / "documents").glob("*.md"))}
LABELS = {"billing", "technical", "delivery", "account", "other"}
NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


def of_feature(feature: str) -> list[Example]:
    return [example for example in EXAMPLES if example.feature == feature]


def format_of(example: Example) -> dict[str, Any]:
    return json.loads(example.expected_format or "{}")


def test_every_feature_has_its_share() -> None:
    assert Counter(example.feature for example in EXAMPLES) == {
        "question_answering": 93,
        "summarisation": 31,
        "json_extraction": 31,
        "classification": 36,
    }


def test_refusals_and_safe_prompts_that_sound_dangerous_are_balanced() -> None:
    wanted = Counter(example.should_refuse for example in EXAMPLES)
    assert (wanted[True], wanted[False]) == (18, 18)
    assert {e.feature for e in EXAMPLES if e.should_refuse is not None} == {"question_answering"}


def test_no_prompt_stands_twice() -> None:
    prompts = Counter(" ".join(example.prompt.lower().split()) for example in EXAMPLES)
    assert [prompt for prompt, count in prompts.items() if count > 1] == []


def test_every_example_is_curated_and_has_a_reference_and_no_pinned_split() -> None:
    assert all(e.reference and e.source == "curated" and e.split is None for e in EXAMPLES)


def test_both_splits_hold_every_feature() -> None:
    held = {(e.assigned_split, e.feature) for e in EXAMPLES}
    assert held == {(s, e.feature) for s in ("canary", "regression") for e in EXAMPLES}


def test_both_splits_hold_refusals() -> None:
    assert {e.assigned_split for e in EXAMPLES if e.should_refuse} == {"canary", "regression"}


def test_extraction_references_are_valid_under_their_schema() -> None:
    for example in of_feature("json_extraction"):
        expected = format_of(example)
        assert expected["type"] == "json_schema"
        jsonschema.Draft202012Validator.check_schema(expected["schema"])
        jsonschema.validate(json.loads(example.reference or ""), expected["schema"])
        assert json.dumps(expected["schema"]) in example.prompt


def test_extraction_references_say_only_what_the_message_says() -> None:
    for example in of_feature("json_extraction"):
        message = example.prompt.split("Message: ")[1].lower()
        numbers = {float(n) for n in re.findall(r"-?\d+(?:\.\d+)?", message)}
        for value in json.loads(example.reference or "").values():
            if isinstance(value, bool) or value is None or value in ("damaged", "faulty", "wrong_item", "unwanted"):
                continue
            for part in value if isinstance(value, list) else [value]:
                said = part.lower() in message if isinstance(part, str) else float(part) in numbers
                assert said, (part, message)


def test_labels_are_valid_and_all_used() -> None:
    examples = of_feature("classification")
    assert {example.reference for example in examples} == LABELS
    for example in examples:
        expected = format_of(example)
        assert expected["type"] == "one_of"
        assert set(expected["values"]) == LABELS
        assert example.reference in expected["values"]


def test_summaries_are_as_short_as_they_should_be() -> None:
    for example in of_feature("summarisation"):
        assert format_of(example) == {"type": "max_words", "n": 60}
        assert len((example.reference or "").split()) <= 60


@pytest.mark.parametrize("feature", ["question_answering", "summarisation"])
def test_numbers_of_references_stand_in_the_material(feature: str) -> None:
    for example in of_feature(feature):
        if example.should_refuse:
            continue
        material = example.context or example.prompt
        missing = set(NUMBER.findall(example.reference or "")) - set(NUMBER.findall(material))
        assert not missing, (missing, example.reference)


def test_answers_are_grounded_in_their_context() -> None:
    for example in of_feature("question_answering"):
        if not example.should_refuse:
            assert unsupported_sentences(example.reference or "", (example.context or "",)) == []


def test_contexts_are_the_documents() -> None:
    texts = {text.strip() for text in DOCUMENTS.values()}
    contexts = {e.context for e in of_feature("question_answering") if not e.should_refuse}
    assert contexts <= texts
    assert all(e.context is None for e in EXAMPLES if e.should_refuse)


def test_references_follow_their_own_instructions() -> None:
    instructed = [example for example in EXAMPLES if example.instructions]
    assert len(instructed) == 12
    for example in instructed:
        for instruction in example.instructions:
            assert follows(instruction.id, instruction.kwargs, example.prompt, example.reference or ""), (
                instruction,
                example.reference,
            )


def test_documents_have_a_title_and_whole_sentences() -> None:
    assert len(DOCUMENTS) == 40
    titles = {text.splitlines()[0] for text in DOCUMENTS.values()}
    assert len(titles) == 40
    for name, text in DOCUMENTS.items():
        title, *body = [line for line in text.splitlines() if line]
        assert title.startswith("# "), name
        assert all(line.endswith(".") for line in body), name
        assert 120 <= len(text.split()) <= 220, name
