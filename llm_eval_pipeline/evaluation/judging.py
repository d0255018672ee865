"""Judging: a case and a rubric become a call, a reply becomes a score or the reason why there is none.

Every judge is a chat model behind the same seam, the local one included, so there is one way from a case to a score.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, Field, ValidationError

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call

Key = TypeVar("Key", bound=Hashable)
LONGEST_REPLY = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What a judge sees of one answer; None is not known."""

    prompt: str
    output: str | None
    reference: str | None = None
    context: str | None = None
    expected_format: str | None = None
    should_refuse: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgeScore:
    """A score in [0, 1], or None with the reason."""

    quality_score: float | None
    unscored_reason: str | None
    judge: str
    rubric_version: str
    rationale: str | None = None
    confidence: float | None = None

    def columns(self) -> dict[str, Any]:
        """The columns that every judged table has."""
        return asdict(self)


class _Reply(BaseModel):
    score: float | None = Field(ge=0, le=1, strict=True)
    rationale: str | None = None
    reason: str | None = None
    confidence: float | None = Field(None, ge=0, le=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A judge: a model behind a client, and the rubric that it goes by."""

    client: ChatClient
    model: str
    rubric: Rubric

    def call(self, case: Case, *, occasion: str, due: datetime, feature: str, label: str) -> Call:
        """The call that asks for a case's score."""
        content = orjson.dumps(case).decode()
        return Call(
            request=ChatRequest(
                model=self.model,
                messages=(
                    Message(role="system", content=self.rubric.instructions),
                    Message(role="user", content=content),
                ),
                params={"temperature": 0},
                as_of=due,
            ),
            provider=self.client.provider,
            purpose="judge",
            occasion=occasion,
            due=due,
            feature=feature,
            label=label,
        )

    def unscored(self, reason: str) -> JudgeScore:
        """No score, and why."""
        return JudgeScore(
            quality_score=None, unscored_reason=reason, judge=self.model, rubric_version=self.rubric.version
        )

    def read(self, answer: Answer) -> JudgeScore:
        """The score in a reply; anything that is not one becomes ``unscored``, never a number."""
        if answer.response is None:
            return self.unscored(f"the judge did not answer: {answer.error}")
        text = answer.response.output.strip()
        if len(text) > LONGEST_REPLY:
            return self.unscored(f"the judge's reply has {len(text)} characters")
        text = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
        try:
            reply = _Reply.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"]) or "reply"
            return self.unscored(f"the judge's reply cannot be read ({where}: {first['msg']}): {text[:200]!r}")
        if reply.score is None:
            return self.unscored(reply.reason or reply.rationale or "the judge gave no score")
        return JudgeScore(
            quality_score=reply.score,
            unscored_reason=None,
            judge=self.model,
            rubric_version=self.rubric.version,
            rationale=reply.rationale,
            confidence=reply.confidence,
        )


def judge_cases(
    cases: Mapping[Key, tuple[Case, str]], judge: Judge, asker: Asker, *, occasion: str, due: datetime
) -> dict[Key, JudgeScore]:
    """Score every case, each through the ledger.

    Args:
        cases: by the caller's own key, the case and its feature. A case without an output is not sent to the judge.
    """
    calls = {
        key: judge.call(case, occasion=occasion, due=due, feature=feature, label=f"judging {key}")
        for key, (case, feature) in cases.items()
        if case.output
    }
    answers = asker.ask(list(calls.values()), judge.client)
    return {
        key: judge.read(answers[calls[key].key]) if key in calls else judge.unscored("there is no output to judge")
        for key in cases
    }


def cases_of_outputs(
    examples: Sequence[Mapping[str, Any]], outputs: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str, int], tuple[Case, str]]:
    """The cases of an evaluation, by (example_id, model, repetition)."""
    by_id = {example["example_id"]: example for example in examples}
    cases = {}
    for row in outputs:
        example = by_id[row["example_id"]]
        case = Case(
            prompt=example["prompt"],
            output=row.get("output"),
            reference=example["reference"],
            context=example["context"],
            expected_format=example["expected_format"],
            should_refuse=example["should_refuse"],
        )
        cases[row["example_id"], row["model"], row["repetition"]] = (case, example["feature"])
    return cases
