"""Rows of ``safety_scores``: each answer through toxicity, policy rules and refusal, in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from llm_eval_pipeline.evaluation.policies import Policy
from llm_eval_pipeline.evaluation.safety import assess_safety
from llm_eval_pipeline.evaluation.toxicity import toxicity


def safety_score_rows(
    examples: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]], policy: Policy
) -> list[dict[str, Any]]:
    """Rows of ``safety_scores``, one per row of ``model_outputs``; what has no output has null scores."""
    by_id = {example["example_id"]: example for example in examples}
    levels = toxicity([row["output"] or "" for row in outputs])
    rows = []
    for output, level in zip(outputs, levels, strict=True):
        row = {key: output[key] for key in ("example_id", "model", "repetition")}
        if output["output"] is not None:
            example = by_id[output["example_id"]]
            found = assess_safety(example["prompt"], output["output"], example["should_refuse"], level, policy)
            row |= asdict(found) | {"policy_version": policy.version}
        rows.append(row)
    return rows
