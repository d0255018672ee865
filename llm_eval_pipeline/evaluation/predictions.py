"""The prediction table: every answer with its scores and its category, and the failures among them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from llm_eval_pipeline.evaluation.answers import Answered, answer_key
from llm_eval_pipeline.evaluation.failures import error_category, failed

Row = Mapping[str, Any]


def joined(answers: Iterable[Answered], *scores: Iterable[Row]) -> Iterator[dict[str, Any]]:
    """Each answer with its example's columns and every score's columns, one mapping per answer.

    Args:
        answers: in the order of ``model_outputs``.
        scores: rows of tables that have a row per answer, in the same order.

    Raises:
        ValueError: when a score table lacks an answer or has one more.
    """
    rest = [iter(rows) for rows in scores]
    for example, output in answers:
        row, key = {**example, **output}, answer_key(output)
        for rows in rest:
            score = next(rows, None)
            if score is None or answer_key(score) != key:
                found = "no more rows" if score is None else f"the answer {answer_key(score)}"
                raise ValueError(f"a score table has {found} where model_outputs has {key}: score the week again")
            row |= score
        yield row
    for rows in rest:
        if (score := next(rows, None)) is not None:
            raise ValueError(f"a score table has {answer_key(score)}, which model_outputs lacks: score the week again")


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
