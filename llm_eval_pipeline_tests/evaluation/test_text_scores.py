"""Text scores of a week: what each answer is held against, and null where there is nothing to hold it against."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.bertscore import Embedding
from llm_eval_pipeline.evaluation.schema import TEXT_SCORES
from llm_eval_pipeline.evaluation.text_scores import text_score_rows
from llm_eval_pipeline.storage.warehouse import Warehouse

OVERLAP = ("bleu", "chrf", "rouge1", "rouge2", "rougeL")


def scored(text: str | None, finish_reason: str | None = "stop", **fields: Any) -> dict[str, Any]:
    example = Example(**{"prompt": "How many days?", "feature": "f", **fields}).row("v1")
    output = {"example_id": example["example_id"], "model": "m", "repetition": 0, "output": text}
    output |= {"finish_reason": finish_reason}
    (row,) = text_score_rows([example], [output])
    return row


def test_an_answer_equal_to_its_reference_has_full_overlap() -> None:
    row = scored("The hub stores 14 days.", reference="The hub stores 14 days.")
    assert [row[name] for name in OVERLAP] == pytest.approx([100, 100, 1, 1, 1])


def test_a_part_of_the_reference_has_a_part_of_the_overlap() -> None:
    row = scored("The hub stores", reference="The hub stores fourteen days")
    # three of three words found, three of five expected: F1 = 2 · 1 · 0.6 / 1.6
    # bigrams: two of two found, two of four expected: F1 = 2 · 1 · 0.5 / 1.5
    assert row["rouge1"] == pytest.approx(0.75)
    assert row["rouge2"] == pytest.approx(2 / 3)


@pytest.mark.parametrize("reference", [None, "", " "])
def test_without_a_reference_there_is_no_overlap(reference: str | None) -> None:
    row = scored("The hub stores 14 days.", reference=reference)
    assert not set(OVERLAP) & set(row)
    assert row["flesch_kincaid_grade"] is not None


@pytest.mark.parametrize(
    ("text", "expected_format", "follows"),
    [
        ('{"a": 1}', '{"type": "json"}', True),
        ("a is 1", '{"type": "json"}', False),
        ("a is 1", None, None),
    ],
)
def test_the_format_is_judged_where_one_is_expected(text: str, expected_format: str | None, follows: Any) -> None:
    assert scored(text, expected_format=expected_format)["follows_format"] is follows


def test_instructions_are_scored_by_the_share_that_is_followed() -> None:
    instructions = [
        {"id": "keywords:existence", "kwargs": {"keywords": ["hub"]}},
        {"id": "punctuation:no_comma"},
        {"id": "keywords:existence", "kwargs": {"keywords": ["sensor"]}},
        {"id": "keywords:forbidden_words", "kwargs": {"forbidden_words": ["days"]}},
    ]
    assert scored("The hub stores 14 days.", instructions=instructions)["instructions_followed"] == 0.5
    assert scored("The hub stores 14 days.")["instructions_followed"] is None


def test_what_only_a_frame_breaks_is_followed_loosely_and_what_fails_is_named() -> None:
    instructions = [
        {"id": "startend:quotation"},
        {"id": "punctuation:no_comma"},
        {"id": "keywords:existence", "kwargs": {"keywords": ["sensor"]}},
    ]
    # Strictly none of three: the frame is not quoted and has a comma. Without its first line two are followed.
    row = scored('Sure, here it is:\n"The hub."', instructions=instructions)
    assert (row["instructions_followed"], row["instructions_followed_loose"]) == (0, pytest.approx(2 / 3))
    assert row["instructions_failed"] == ["startend:quotation", "punctuation:no_comma", "keywords:existence"]
    assert scored("The hub.")["instructions_failed"] is None
    assert scored("Hub", instructions=instructions[1:2])["instructions_failed"] == []


def test_what_is_wrong_is_kept_beside_the_verdict() -> None:
    row = scored("one two three", expected_format='{"type": "max_words", "n": 2}')
    assert (row["follows_format"], row["format_problem"]) == (False, "3 words, at most 2")
    row = scored("The hub stores 30 days. It is blue.", context="The blue hub stores 14 days.")
    assert (row["grounded"], row["unsupported"]) == (False, ["The hub stores 30 days."])
    assert scored("The hub stores 14 days.", context="The hub stores 14 days.")["unsupported"] == []
    assert scored("The hub stores 14 days.")["unsupported"] is None


@pytest.mark.parametrize(
    ("text", "finish_reason", "is_complete"),
    [("The hub stores", "length", False), ("The hub.", "stop", True), ("The hub.", None, None), (None, "stop", None)],
)
def test_whether_an_answer_is_whole(text: str | None, finish_reason: str | None, is_complete: bool | None) -> None:
    assert scored(text, finish_reason).get("complete") is is_complete


@pytest.mark.parametrize(
    ("text", "sources", "grounded"),
    [
        ("The hub stores 14 days.", {"context": "The hub stores 14 days of readings."}, True),
        ("The hub stores 30 days.", {"context": "The hub stores 14 days of readings."}, False),
        ("The hub stores 14 days.", {"reference": "The hub stores 14 days."}, True),
        ("The hub stores 30 days.", {"context": "The hub stores much.", "prompt": "Is it 30 days?"}, True),
        ("The hub stores 30 days.", {"prompt": "Is it 30 days that the hub stores?"}, None),
    ],
)
def test_an_answer_may_draw_on_context_and_reference_and_then_on_the_prompt(
    text: str, sources: dict[str, str], grounded: bool | None
) -> None:
    assert scored(text, **sources)["grounded"] is grounded


def test_what_has_no_output_has_null_scores_and_keeps_its_row(tmp_path: Path) -> None:
    row = scored(None, reference="R", expected_format='{"type": "json"}', context="C")
    (stored,) = Warehouse(str(tmp_path)).write(TEXT_SCORES, "2026-03-30", [row]).to_pylist()
    (full,) = (
        Warehouse(str(tmp_path))
        .write(
            TEXT_SCORES,
            "2026-03-30",
            [scored("So.", reference="R", context="C", instructions=[{"id": "punctuation:no_comma"}])],
        )
        .to_pylist()
    )
    assert full["unsupported"] == []
    assert {name for name, value in stored.items() if value is not None} == {"example_id", "model", "repetition"}


def test_rows_stay_in_step_with_the_answers() -> None:
    one = Example(prompt="A?", feature="f", reference="alpha beta").row("v1")
    other = Example(prompt="B?", feature="f", reference="gamma delta").row("v1")
    outputs = [
        {"example_id": example["example_id"], "model": model, "repetition": 0, "output": text}
        for example, model, text in ((other, "m", "gamma delta"), (one, "m", None), (one, "n", "gamma delta"))
    ]
    rows = text_score_rows([one, other], outputs)
    assert [(row["model"], row.get("rouge1")) for row in rows] == [("m", 1.0), ("m", None), ("n", 0.0)]


def test_bertscore_is_null_without_a_model_and_goes_with_its_own_answer_with_one() -> None:
    class Embedder:
        """Two texts are alike when they are the same."""

        def embed(self, texts: Sequence[str]) -> list[Embedding]:
            kinds = sorted(set(texts))
            return [
                Embedding(vectors=np.eye(len(kinds))[[kinds.index(text)]], counts=np.array([True])) for text in texts
            ]

    example = Example(prompt="A?", feature="f", reference="alpha").row("v1")
    outputs = [
        {"example_id": example["example_id"], "model": model, "repetition": 0, "output": text}
        for model, text in (("m", "alpha"), ("n", None), ("o", "beta"))
    ]
    rows = text_score_rows([example], outputs, embedder=Embedder())
    assert [row.get("bertscore_f1") for row in rows] == [1.0, None, 0.0]
    assert [row.get("bertscore_f1") for row in text_score_rows([example], outputs)] == [None] * 3


@pytest.mark.parametrize(
    ("given", "is_grounded"),
    [
        ({}, True),
        ({"context": "The hub stores 14 days."}, False),
        ({"expected_format": '{"type": "max_words", "n": 50}'}, False),
        ({"prompt": "Answer from this. " + "The hub has a passage. " * 20}, False),
    ],
)
def test_only_what_must_come_from_its_material_is_held_to_it_sentence_by_sentence(given, is_grounded):
    example = Example(**{"prompt": "How long?", "feature": "f", "reference": "It stores 14 days.", **given}).row("v1")
    output = {
        "example_id": example["example_id"],
        "model": "m",
        "repetition": 0,
        "output": "Elephants invented spaceships. It stores 14 days.",
        "finish_reason": "stop",
    }
    (row,) = text_score_rows([example], [output])
    assert (row["grounded"], row["unsupported"]) == (is_grounded, ["Elephants invented spaceships."])
