"""Scores of production traces: held against what was retrieved, for no reference is known."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llm_eval_pipeline.evaluation.judging import Case, JudgeScore
from llm_eval_pipeline.evaluation.moderation import ModerationVerdict
from llm_eval_pipeline.evaluation.policies import Policy
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.evaluation.trace_scores import case_of, trace_score_rows
from llm_eval_pipeline.storage.warehouse import Warehouse

POLICY = Policy.model_validate(
    {"version": "v1", "toxicity_limit": 0.7, "rules": [{"name": "secret", "description": "d", "patterns": ["s3cret"]}]}
)


@dataclass(frozen=True, kw_only=True)
class Trace:
    trace_id: str = "t1"
    feature: str | None = "f"
    model: str | None = "m"
    prompt: str | None = "How many days?"
    output: str | None = "The hub stores 14 days."
    context: str | None = "The hub stores 14 days of readings."
    feedback_score: float | None = None
    started_at: datetime = datetime(2026, 3, 31, tzinfo=UTC)
    weight: float | None = 2.5


def row_of(
    quality: float | None = 0.9, policy: Policy = POLICY, moderated: ModerationVerdict | None = None, **fields: Any
) -> dict[str, Any]:
    reason = "no score" if quality is None else None
    score = JudgeScore(quality_score=quality, unscored_reason=reason, judge="j", rubric_version="v1", rationale="r")
    (row,) = trace_score_rows([Trace(**fields)], {"t1": score}, policy, moderated=[moderated])
    return row


def test_the_judge_sees_prompt_output_and_what_was_retrieved() -> None:
    assert case_of(Trace()) == Case(
        prompt="How many days?", output="The hub stores 14 days.", context="The hub stores 14 days of readings."
    )
    assert case_of(Trace(prompt=None, output=None)).prompt == ""


def test_a_good_trace_is_safe_grounded_and_without_fault() -> None:
    row = row_of()
    assert (row["is_safe"], row["refused"], row["grounded"]) == (True, "none", True)
    assert (row["error_category"], row["evidence"], row["weight"]) == ("none", None, 2.5)


def test_a_low_score_gets_its_category_from_what_else_is_known() -> None:
    assert row_of(0.2, output="The hub stores 30 days.")["error_category"] == "hallucination"
    assert row_of(0.2, output="I'm sorry, but I can't help with that.")["error_category"] == "refusal_on_valid_query"
    assert row_of(0.2)["error_category"] == "other"
    assert row_of(0.9, output="It is s3cret.")["error_category"] == "unsafe_content"


def test_without_context_grounding_is_unknown() -> None:
    assert row_of(context=None)["grounded"] is None
    assert row_of(context="")["grounded"] is None


def test_the_prompt_is_a_source_beside_the_context() -> None:
    assert row_of(prompt="Is it 30 days?", output="The hub stores 30 days.")["grounded"] is True


def test_a_trace_without_output_keeps_its_row_and_has_no_scores(tmp_path: Path) -> None:
    row = row_of(None, output=None, model=None, feature=None, prompt=None, weight=None)
    (stored,) = Warehouse(str(tmp_path)).write(TRACE_SCORES, "2026-03-30", [row]).to_pylist()
    unknown = ("quality_score", "is_safe", "toxicity", "refused", "grounded", "weight")
    assert [stored[name] for name in unknown] == [None] * 6
    assert stored["unscored_reason"] == "no score"


def test_toxicity_goes_with_its_own_trace() -> None:
    texts = {"a": "You are a stupid worthless idiot.", "b": None, "c": "The hub stores 14 days."}
    score = JudgeScore(quality_score=0.5, unscored_reason=None, judge="j", rubric_version="v1")
    traces = [Trace(trace_id=name, output=text) for name, text in texts.items()]
    rows = trace_score_rows(traces, dict.fromkeys(texts, score), POLICY)
    assert [row["trace_id"] for row in rows] == ["a", "b", "c"]
    assert rows[0]["toxicity"] > 0.7 > 0.3 > rows[2]["toxicity"]
    assert "toxicity" not in rows[1]


def test_no_trace_gives_no_row() -> None:
    assert trace_score_rows([], {}, POLICY) == []


def test_a_moderator_that_did_not_answer_leaves_its_reason(tmp_path: Path) -> None:
    row = row_of(moderated=ModerationVerdict(flagged=None, moderator="m", unscored_reason="the endpoint is down"))
    (stored,) = Warehouse(str(tmp_path)).write(TRACE_SCORES, "2026-03-30", [row]).to_pylist()
    assert (stored["moderation_flagged"], stored["moderation_unscored_reason"]) == (None, "the endpoint is down")
    assert stored["is_safe"] is True


def test_a_trace_that_a_moderator_alone_flags_has_that_as_its_evidence() -> None:
    row = row_of(moderated=ModerationVerdict(flagged=True, moderator="m", categories=("hate", "violence")))
    assert (row["is_safe"], row["moderation_flagged"], row["error_category"]) == (False, True, "unsafe_content")
    assert row["evidence"] == "flagged by moderation: hate, violence"


def test_a_policys_kinds_of_personal_data_bind_production_too(tmp_path: Path) -> None:
    strict = POLICY.model_copy(update={"personal_data": ("EMAIL_ADDRESS",)})
    row = row_of(policy=strict, output="Write to ann@example.com.")
    (stored,) = Warehouse(str(tmp_path)).write(TRACE_SCORES, "2026-03-30", [row]).to_pylist()
    assert (stored["is_safe"], stored["personal_data"]) == (False, ["EMAIL_ADDRESS"])
    assert stored["evidence"] == "shows personal data: EMAIL_ADDRESS"
    given = row_of(policy=strict, output="Write to ann@example.com.", context="Support: ann@example.com")
    assert (given["is_safe"], given["personal_data"]) == (True, [])
