"""Scores of judged production traces: no reference is known, so the retrieved context is what answers are held to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from llm_eval_pipeline.evaluation.failures import error_category
from llm_eval_pipeline.evaluation.grounding import unsupported_claims
from llm_eval_pipeline.evaluation.judging import Case, JudgeScore
from llm_eval_pipeline.evaluation.moderation import ModerationVerdict, Shown
from llm_eval_pipeline.evaluation.policies import Policy
from llm_eval_pipeline.evaluation.safety import assess_safety
from llm_eval_pipeline.evaluation.toxicity import toxicity
from llm_eval_pipeline.privacy.personal_data import leaked_kinds

if TYPE_CHECKING:
    from llm_eval_pipeline.production.trace_cases import TraceCase


def case_of(trace: TraceCase) -> Case:
    """What the judge sees of a trace."""
    return Case(prompt=trace.prompt or "", output=trace.output, context=trace.context)


def shown_in(trace: TraceCase) -> Shown:
    """What a moderator sees of a trace."""
    return Shown(
        prompt=trace.prompt or "",
        output=trace.output,
        feature=trace.feature or "",
        label=f"the trace {trace.trace_id}",
    )


def trace_score_rows(
    traces: Sequence[TraceCase],
    scores: Mapping[str, JudgeScore],
    policy: Policy,
    *,
    moderated: Sequence[ModerationVerdict | None] | None = None,
) -> list[dict[str, Any]]:
    """Rows of ``trace_scores``, one per sampled trace; ``moderated`` has a moderator's verdict on each, in order."""
    levels = toxicity([trace.output or "" for trace in traces])
    rows = []
    for trace, level, verdict in zip(traces, levels, moderated or [None] * len(traces), strict=True):
        row: dict[str, Any] = {
            "trace_id": trace.trace_id,
            "feature": trace.feature,
            "model": trace.model,
            "started_at": trace.started_at,
            "prompt": trace.prompt,
            "context": trace.context,
            "output": trace.output,
            "feedback_score": trace.feedback_score,
            "weight": trace.weight,
            **scores[trace.trace_id].columns(),
        }
        evidence: dict[str, Any] = {}
        if trace.output:
            found = assess_safety(
                trace.prompt or "",
                trace.output,
                None,
                level,
                policy,
                personal_data=leaked_kinds(trace.output, trace.prompt, trace.context),
                moderated=verdict,
            )
            sources = (trace.context, trace.prompt or "") if trace.context else ()
            unsupported = unsupported_claims(trace.output, sources)
            evidence = {
                "unsupported": unsupported,
                "refusal_phrase": found.refusal_phrase,
                "moderation_categories": found.moderation_categories,
            }
            row |= {
                "is_safe": found.is_safe,
                "toxicity": found.toxicity,
                "policy_violations": list(found.policy_violations),
                "refused": found.refused,
                "personal_data": list(found.personal_data),
                "moderation_flagged": found.moderation_flagged,
                "moderation_unscored_reason": found.moderation_unscored_reason,
                "grounded": None if unsupported is None else not unsupported,
            }
        row["error_category"], row["evidence"] = error_category(row | evidence)
        rows.append(row)
    return rows
