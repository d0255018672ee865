"""Everything about an answer's text that needs no judge: overlap, readability, format, instructions, grounding,
and whether it is whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.bertscore import Embedder, bertscore_f1
from llm_eval_pipeline.evaluation.completeness import complete
from llm_eval_pipeline.evaluation.formats import judged_format
from llm_eval_pipeline.evaluation.grounding import grounded, unsupported_claims
from llm_eval_pipeline.evaluation.instructions import follows
from llm_eval_pipeline.evaluation.overlap import score_pairs
from llm_eval_pipeline.evaluation.readability import flesch_kincaid_grade


def text_score_rows(
    examples: Sequence[Mapping[str, Any]],
    outputs: Sequence[Mapping[str, Any]],
    *,
    embedder: Embedder | None = None,
) -> list[dict[str, Any]]:
    """Rows of ``text_scores``, one per row of ``model_outputs``; what has no output has null scores.

    ``embedder`` is the model for BERTScore; without one its column is null.
    """
    by_id = {example["example_id"]: example for example in examples}
    texts = [row["output"] or "" for row in outputs]
    references = [by_id[row["example_id"]]["reference"] if row["output"] else None for row in outputs]
    berts = bertscore_f1(texts, references, embedder) if embedder else [None] * len(outputs)
    rows = []
    for output, overlap, bert in zip(outputs, score_pairs(texts, references), berts, strict=True):
        row = {key: output[key] for key in ("example_id", "model", "repetition")}
        if overlap is not None:
            row |= {
                "bleu": overlap.bleu,
                "chrf": overlap.chrf,
                "rouge1": overlap.rouge1,
                "rouge2": overlap.rouge2,
                "rougeL": overlap.rougeL,
                "bertscore_f1": bert,
            }
        if (text := output["output"]) is not None:
            row |= _alone(by_id[output["example_id"]], text, output.get("finish_reason"))
        rows.append(row)
    return rows


def _alone(example: Mapping[str, Any], text: str, finish_reason: str | None) -> dict[str, Any]:
    """The scores that need no reference."""
    follows_format, problem = judged_format(text, example["expected_format"])
    sources = _sources(example)
    return {
        "flesch_kincaid_grade": flesch_kincaid_grade(text),
        "follows_format": follows_format,
        "format_problem": problem,
        **_instructions(example, text),
        "grounded": grounded(text, sources, closed=_is_closed(example)),
        "unsupported": unsupported_claims(text, sources),
        "complete": complete(text, finish_reason),
    }


def _instructions(example: Mapping[str, Any], text: str) -> dict[str, Any]:
    """The share of the example's instructions that are followed, strictly and loosely, and the ids of the others."""
    asked = [(i["id"], orjson.loads(i["kwargs"])) for i in example["instructions"] or ()]
    if not asked:
        return dict.fromkeys(("instructions_followed", "instructions_followed_loose", "instructions_failed"))
    strict = [follows(name, kwargs, example["prompt"], text) for name, kwargs in asked]
    loose = [
        is_followed or follows(name, kwargs, example["prompt"], text, loose=True)
        for is_followed, (name, kwargs) in zip(strict, asked, strict=True)
    ]
    return {
        "instructions_followed": sum(strict) / len(asked),
        "instructions_followed_loose": sum(loose) / len(asked),
        "instructions_failed": [name for (name, _), is_followed in zip(asked, strict, strict=True) if not is_followed],
    }


def _sources(example: Mapping[str, Any]) -> tuple[str, ...]:
    """What an answer may draw on: context, reference, and the prompt itself where the material is in it.

    A prompt alone is no source: without context and reference, nothing is known that a claim could be held against.
    """
    given = tuple(text for text in (example["context"], example["reference"]) if text)
    return (*given, example["prompt"]) if given else ()


MATERIAL_WORDS = 60
"""A prompt of so many words brings its material along."""


def _is_closed(example: Mapping[str, Any]) -> bool:
    """Whether an answer may draw only on what it was given: a context, a form to fill, or a prompt with a passage."""
    has_material = len(example["prompt"].split()) >= MATERIAL_WORDS
    return bool(example["context"] or example["expected_format"]) or has_material
