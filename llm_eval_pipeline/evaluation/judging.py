"""Judging: a case and a rubric become calls, their replies become a score or the reason why there is none.

Every judge is a chat model behind the same seam, the local one included, so there is one way from a case to a score.
Not here: which replies can be read (``judge_replies``), and whether a judge can be trusted.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, Field

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.answers import Answered, AnswerKey, Row, answer_key
from llm_eval_pipeline.evaluation.judge_replies import ReplyError, read_reply, repair
from llm_eval_pipeline.evaluation.rubrics import Rubric, rubric_for
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.exchanges import Exchange, asked, labelled, together

Key = TypeVar("Key", bound=Hashable)
_WANTED = 'one JSON object and nothing else: {"score": number from 0 to 1, "rationale": "one or two sentences"}.'
_UNSCORED = "there is no output to judge"


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
    """A score in [0, 1], or None with the reason.

    ``judgements`` holds the score of each repetition, null where a repetition gave none; ``quality_score`` is the
    mean of the others, and null unless more than half of them gave one. ``repaired`` counts replies that could be read
    only at the second attempt.
    """

    quality_score: float | None
    unscored_reason: str | None
    judge: str
    rubric_version: str
    rationale: str | None = None
    confidence: float | None = None
    judgements: tuple[float | None, ...] = ()
    repaired: int = 0

    def columns(self) -> dict[str, Any]:
        """The columns that every judged table has."""
        return {name: getattr(self, name) for name in self.__slots__}


class _Graded(BaseModel):
    """What a judge replies. ``score`` is null when it cannot tell; ``reason`` then says why."""

    score: float | None = Field(ge=0, le=1, strict=True)
    rationale: str | None = None
    reason: str | None = None
    confidence: float | None = Field(None, ge=0, le=1)


Judged = tuple[Call, Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Judge:
    """A judge: a model behind a client, how it is asked, how often, and the rubrics that it goes by.

    A case is graded by the first rubric that fits it, so the one that needs the most stands first.
    """

    client: ChatClient
    model: str
    rubrics: tuple[Rubric, ...]
    params: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 0})
    repetitions: int = 1

    def calls(self, case: Case, *, occasion: str, due: datetime | None, feature: str, label: str) -> list[Call]:
        """The calls that ask for a case's score, one per repetition; none for a case without an output."""
        if not case.output:
            return []
        content = orjson.dumps(case).decode()
        first = Call(
            request=ChatRequest(
                model=self.model,
                messages=(
                    Message(role="system", content=rubric_for(case, self.rubrics).instructions),
                    Message(role="user", content=content),
                ),
                params=self.params,
                as_of=due,
            ),
            provider=self.client.provider,
            purpose="judge",
            occasion=occasion,
            due=due,
            feature=feature,
            label=label,
        )
        return [first, *(replace(first, repetition=repetition) for repetition in range(1, self.repetitions))]

    def repair(self, call: Call, answer: Answer) -> Call | None:
        """The call that asks once more, where a reply cannot be read."""
        return repair(call, answer, _graded, _WANTED)

    def unscored(self, case: Case, reason: str, judgements: tuple[float | None, ...] = ()) -> JudgeScore:
        """No score, and why."""
        return JudgeScore(
            quality_score=None,
            unscored_reason=reason,
            judge=self.model,
            rubric_version=rubric_for(case, self.rubrics).version,
            judgements=judgements,
        )

    def read(self, case: Case, judged: Sequence[Judged]) -> JudgeScore:
        """The score in the replies to a case; anything that is not one becomes ``unscored``, never a number."""
        if not judged:
            return self.unscored(case, _UNSCORED)
        read = [_score_or_reason(answer) for _, answer in judged]
        scored = [reply for reply in read if isinstance(reply, _Graded)]
        judgements = tuple(reply.score if isinstance(reply, _Graded) else None for reply in read)
        if 2 * len(scored) <= len(read):
            reason = next(reply for reply in read if isinstance(reply, str))
            return self.unscored(case, reason, judgements)
        scores = [reply.score for reply in scored if reply.score is not None]
        mean = sum(scores) / len(scores)
        nearest = min(scored, key=lambda reply: abs((reply.score or 0.0) - mean))
        sure = [reply.confidence for reply in scored if reply.confidence is not None]
        return JudgeScore(
            quality_score=mean,
            unscored_reason=None,
            judge=self.model,
            rubric_version=rubric_for(case, self.rubrics).version,
            rationale=nearest.rationale,
            confidence=sum(sure) / len(sure) if sure else None,
            judgements=judgements,
            repaired=sum(
                isinstance(reply, _Graded) and answer.key != call.key
                for reply, (call, answer) in zip(read, judged, strict=True)
            ),
        )


def _graded(answer: Answer) -> _Graded:
    return read_reply(answer, _Graded, "score")


def _score_or_reason(answer: Answer) -> _Graded | str:
    """A reply with a score, or why there is none."""
    try:
        reply = _graded(answer)
    except ReplyError as error:
        return str(error)
    return reply if reply.score is not None else reply.reason or reply.rationale or "the judge gave no score"


Cases = Callable[[], Iterable[tuple[Key, Case, str]]]
"""Gives, anew each time, the caller's own key of a case, the case, and its feature."""


def judge_all(
    cases: Cases[Key], judge: Judge, asker: Asker, *, occasion: str, due: datetime
) -> Iterator[tuple[Key, JudgeScore]]:
    """Score any number of cases through the ledger, in their order; one without an output is not sent to the judge.

    See :meth:`Asker.stream` for what it raises.
    """

    def wanted() -> Iterator[tuple[Key, Case, list[Call]]]:
        for key, case, feature in cases():
            yield key, case, judge.calls(case, occasion=occasion, due=due, feature=feature, label=f"judging {key}")

    planned = asker.plan((call for _, _, calls in wanted() for call in calls), judge.client)
    exchanges = (labelled(key, judging(case, calls, judge)) for key, case, calls in wanted())
    return asker.stream(exchanges, {"judge": judge.client}, planned)


def judging(case: Case, calls: Sequence[Call], judge: Judge) -> Exchange[JudgeScore]:
    """The exchange of one case, all its repetitions at the same time: its score."""
    answers = yield from together(asked(call, judge.repair) for call in calls)
    return judge.read(case, list(zip(calls, answers, strict=True)))


def judge_cases(
    cases: Mapping[Key, tuple[Case, str]], judge: Judge, asker: Asker, *, occasion: str, due: datetime
) -> dict[Key, JudgeScore]:
    """Score a few cases, by key; see :func:`judge_all`.

    Args:
        cases: by the caller's own key, the case and its feature.
    """
    wanted = [(key, case, feature) for key, (case, feature) in cases.items()]
    return dict(judge_all(lambda: wanted, judge, asker, occasion=occasion, due=due))


def answer_cases(answers: Iterable[Answered]) -> Iterator[tuple[AnswerKey, Case, str]]:
    """The cases of an evaluation."""
    for example, output in answers:
        yield answer_key(output), case_of(example, output["output"]), example["feature"]


def case_of(example: Row, output: str | None) -> Case:
    """What the judge sees of an answer to an example."""
    return Case(
        prompt=example["prompt"],
        output=output,
        reference=example["reference"],
        context=example["context"],
        expected_format=example["expected_format"],
        should_refuse=example["should_refuse"],
    )


def score_rows(scores: Iterable[tuple[AnswerKey, JudgeScore]]) -> list[dict[str, Any]]:
    """Rows of ``judge_scores``."""
    return [
        {"example_id": example_id, "model": model, "repetition": repetition, **score.columns()}
        for (example_id, model, repetition), score in scores
    ]
