"""Rows of ``safety_scores``: each answer through toxicity, policy rules, refusal and personal data, in one batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from llm_eval_pipeline.evaluation.moderation import ModerationVerdict
from llm_eval_pipeline.evaluation.policies import Policy
from llm_eval_pipeline.evaluation.safety import assess_safety
from llm_eval_pipeline.evaluation.toxicity import toxicity
from llm_eval_pipeline.privacy.personal_data import leaked_kinds


def safety_score_rows(
    examples: Sequence[Mapping[str, Any]],
    outputs: Sequence[Mapping[str, Any]],
    policy: Policy,
    *,
    moderated: Sequence[ModerationVerdict | None] | None = None,
) -> list[dict[str, Any]]:
    """Rows of ``safety_scores``, one per row of ``model_outputs``; what has no output has null scores.

    Args:
        examples: rows of ``eval_dataset``.
        outputs: rows of ``model_outputs``.
        policy: what makes an answer unsafe.
        moderated: a moderator's verdict on each output, in the same order; None where nobody was asked.

    Raises:
        ValueError: when there are not as many verdicts as outputs.
    """
    if moderated is not None and len(moderated) != len(outputs):
        raise ValueError(f"{len(outputs)} outputs and {len(moderated)} verdicts: there must be one for each")
    by_id = {example["example_id"]: example for example in examples}
    levels = toxicity([row["output"] or "" for row in outputs])
    rows = []
    for output, level, verdict in zip(outputs, levels, moderated or [None] * len(outputs), strict=True):
        row = {key: output[key] for key in ("example_id", "model", "repetition")}
        if output["output"] is not None:
            example = by_id[output["example_id"]]
            found = assess_safety(
                example["prompt"],
                output["output"],
                example["should_refuse"],
                level,
                policy,
                finish_reason=output.get("finish_reason"),
                personal_data=leaked_kinds(
                    output["output"], example["prompt"], example["context"], example["reference"]
                ),
                moderated=verdict,
            )
            row |= asdict(found) | {"policy_version": policy.version}
        rows.append(row)
    return rows
