"""The prediction table: every answer with its scores and its category, and the failures among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llm_eval_pipeline.evaluation.answers import Answered, beside_scores
from llm_eval_pipeline.evaluation.failures import error_category, failed

Row = Mapping[str, Any]


def joined(answers: Iterable[Answered], *scores: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Each answer with its example's columns and every score's columns, one mapping per answer.

    See :func:`~llm_eval_pipeline.evaluation.answers.beside_scores` for the order and the error.
    """
    for example, scored in beside_scores(answers, *scores):
        yield {**example, **scored}


def prediction_rows(answers: Iterable[Answered], *scores: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Rows of ``prediction_table``; see :func:`joined` for the order and the error."""
    for row in joined(answers, *scores):
        category, evidence = error_category(row)
        yield {
            "example_id": row["example_id"],
            "model": row["model"],
            "repetition": row["repetition"],
            "feature": row["feature"],
            "split": row["split"],
            "prompt": row["prompt"],
            "reference": row["reference"],
            "generated": row["output"],
            "quality_score": row["quality_score"],
            "unscored_reason": row["unscored_reason"],
            "rationale": row["rationale"],
            "latency_ms": row["latency_ms"],
            "is_safe": row["is_safe"],
            "error_category": category,
            "evidence": evidence,
        }


def failure_rows(predictions: Sequence[Row]) -> list[dict[str, Any]]:
    """The rows of ``failure_table``: quality below 0.5, or unsafe."""
    return [dict(row) for row in predictions if failed(row["quality_score"], row["is_safe"])]
