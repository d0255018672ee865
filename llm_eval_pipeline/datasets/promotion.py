"""Promotion: which judged traces become examples, and why each of the others does not.

A trace is a candidate when it failed, when its user disliked it, or when nothing in the set is like it. A candidate is
scrubbed, held against what is there already and against what must not leak, and then accepted, or kept for review.
Everything that was decided is a row; the same traces give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.datasets.deduplication import FAMILIAR, NEAR, PromptIndex, boilerplate
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.datasets.scrubbing import scrub

Row = Mapping[str, Any]
_REVIEWED_CATEGORIES = {"unsafe_content", "refusal_on_valid_query"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRules:
    """How many examples a week may add at the most; features share them evenly."""

    budget: int


def promote(
    traces: Sequence[Row], there: Iterable[str], protected: Iterable[str], rules: PromotionRules
) -> list[dict[str, Any]]:
    """Rows of ``promoted_examples`` for one week. A rejected row names its trace and holds none of its text.

    Args:
        traces: rows of ``trace_scores``.
        there: prompts of the dataset so far, and of what waits for review.
        protected: prompts of anchors, calibration labels and the canary, which must not be learnt from.
        rules: the budget.
    """
    there, protected = list(there), list(protected)
    shared = boilerplate([*there, *protected, *(trace["prompt"] or "" for trace in traces)])
    index, guarded = PromptIndex(there, shared), PromptIndex(protected, shared)
    rows, taken = [], dict[str, int]()
    features = {trace["feature"] for trace in traces}
    share = -(-rules.budget // len(features)) if features else 0
    for trace, reason in _candidates(traces, index):
        feature = trace["feature"]
        full = taken.get(feature, 0) >= share or sum(taken.values()) >= rules.budget
        if (why := _refusal(trace["prompt"], index, guarded, full)) is not None:
            rows.append(_identity(trace, reason) | {"status": "rejected", "detail": why})
            continue
        taken[feature] = taken.get(feature, 0) + 1
        index.add(trace["prompt"])
        rows.append(_identity(trace, reason) | _taken(trace))
    return rows


def _candidates(traces: Sequence[Row], index: PromptIndex) -> list[tuple[Row, str]]:
    """Traces worth keeping with the reason, the clearest failures first, then by trace id."""
    found = []
    for trace in traces:
        if not trace["prompt"] or not trace["output"]:
            continue
        if trace["error_category"] not in (None, "none"):
            found.append((0, trace["trace_id"], trace, "failed"))
        elif trace["feedback_score"] is not None and trace["feedback_score"] < 0.5:
            found.append((1, trace["trace_id"], trace, "disliked"))
        elif index.like(trace["prompt"], FAMILIAR) is None:
            found.append((2, trace["trace_id"], trace, "novel"))
    return [(trace, reason) for _, _, trace, reason in sorted(found, key=lambda item: item[:2])]


def _refusal(prompt: str, index: PromptIndex, guarded: PromptIndex, full: bool) -> str | None:
    """Why a candidate is not taken; None when it is."""
    if (near := guarded.like(prompt, NEAR)) is not None:
        return f"would leak a protected prompt: {near[:120]}"
    if index.like(prompt, NEAR) is not None:
        return "is there already"
    return "the week's budget is used up" if full else None


def _identity(trace: Row, reason: str) -> dict[str, Any]:
    return {
        "trace_id": trace["trace_id"],
        "reason": reason,
        "feature": trace["feature"],
        "error_category": trace["error_category"],
        "traced_at": trace["started_at"],
    }


def _taken(trace: Row) -> dict[str, Any]:
    """What is kept of a trace: its texts without personal data, and whether a person has to look first."""
    prompt, context, output = scrub(trace["prompt"]), scrub(trace["context"] or ""), scrub(trace["output"])
    scrubbed = sorted({*prompt.found, *context.found, *output.found})
    row: dict[str, Any] = {
        "feature": trace["feature"],
        "trace_id": trace["trace_id"],
        "prompt": prompt.text,
        "context": context.text or None,
        "output": output.text,
        "scrubbed": scrubbed,
        "status": "accepted",
        "detail": None,
    }
    row["example_id"] = example_of(row).example_id
    if scrubbed:
        row |= {"status": "needs_review", "detail": f"held {', '.join(scrubbed)}"}
    elif trace["error_category"] in _REVIEWED_CATEGORIES:
        row |= {"status": "needs_review", "detail": f"what is right after {trace['error_category']} is a judgement"}
    return row


def example_of(row: Row) -> Example:
    """The example that a promoted row is; it has no reference until somebody gives one."""
    return Example(
        prompt=row["prompt"],
        context=row["context"],
        feature=row["feature"] or "unknown",
        source="production",
        trace_id=row["trace_id"],
    )


def with_promoted(curated: Sequence[Example], promoted: Iterable[Row]) -> list[Example]:
    """The dataset: what was curated, and what was accepted from production, each example once."""
    examples = {example.example_id: example for example in curated}
    for row in promoted:
        if row["status"] == "accepted":
            example = example_of(row)
            examples.setdefault(example.example_id, example)
    return list(examples.values())
