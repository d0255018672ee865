"""Everything about an answer's text that needs no judge: overlap, readability, format, instructions, grounding."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.formats import follows_format
from llm_eval_pipeline.evaluation.grounding import grounded
from llm_eval_pipeline.evaluation.instructions import follows
from llm_eval_pipeline.evaluation.overlap import score_pairs
from llm_eval_pipeline.evaluation.readability import flesch_kincaid_grade


def text_score_rows(
    examples: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Rows of ``text_scores``, one per row of ``model_outputs``; what has no output has null scores."""
    by_id = {example["example_id"]: example for example in examples}
    pairs = score_pairs(
        [row["output"] or "" for row in outputs],
        [by_id[row["example_id"]]["reference"] if row["output"] else None for row in outputs],
    )
    rows = []
    for output, overlap in zip(outputs, pairs, strict=True):
        example = by_id[output["example_id"]]
        row = {key: output[key] for key in ("example_id", "model", "repetition")}
        if overlap is not None:
            row |= {
                "bleu": overlap.bleu,
                "chrf": overlap.chrf,
                "rouge1": overlap.rouge1,
                "rouge2": overlap.rouge2,
                "rougeL": overlap.rougeL,
            }
        if (text := output["output"]) is not None:
            row |= {
                "flesch_kincaid_grade": flesch_kincaid_grade(text),
                "follows_format": follows_format(text, example["expected_format"]),
                "instructions_followed": _instructions_followed(example, text),
                "grounded": grounded(text, _sources(example)),
            }
        rows.append(row)
    return rows


def _instructions_followed(example: Mapping[str, Any], output: str) -> float | None:
    """The share of the example's instructions that the output follows; None when it has none."""
    instructions = example["instructions"]
    if not instructions:
        return None
    followed = [follows(i["id"], orjson.loads(i["kwargs"]), example["prompt"], output) for i in instructions]
    return sum(followed) / len(followed)


def _sources(example: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer may draw on: context, reference, and the prompt itself where the material is in it.

    A prompt alone is no source: without context and reference, nothing is known that a claim could be held against.
    """
    given = tuple(text for text in (example["context"], example["reference"]) if text)
    return (*given, example["prompt"]) if given else ()
