"""The prediction table: every answer with its scores and its category, and the failures among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from llm_eval_pipeline.evaluation.failures import error_category, failed

Rows = Sequence[Mapping[str, Any]]
SCORED_COLUMNS = ("quality_score", "unscored_reason", "rationale")


def joined(examples: Rows, outputs: Rows, *scores: Rows) -> Iterable[dict[str, Any]]:
    """Each output with its example's columns and every score's columns, one mapping per answer.

    Raises:
        KeyError: when an output has no example, or a score table lacks an answer.
    """
    by_id = {example["example_id"]: example for example in examples}
    tables = [{(r["example_id"], r["model"], r["repetition"]): r for r in rows} for rows in scores]
    for output in outputs:
        key = output["example_id"], output["model"], output["repetition"]
        row = {**by_id[output["example_id"]], **output}
        for table in tables:
            row |= table[key]
        yield row


def prediction_rows(examples: Rows, outputs: Rows, *scores: Rows) -> list[dict[str, Any]]:
    """Rows of ``prediction_table``."""
    rows = []
    for row in joined(examples, outputs, *scores):
        category, evidence = error_category(row)
        rows.append(
            {
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
                "latency_ms": row["latency_ms"],
                "is_safe": row["is_safe"],
                "error_category": category,
                "evidence": evidence,
            }
        )
    return rows


def failure_rows(predictions: Rows) -> list[dict[str, Any]]:
    """The rows of ``failure_table``: quality below 0.5, or unsafe."""
    return [dict(row) for row in predictions if failed(row["quality_score"], row["is_safe"])]
