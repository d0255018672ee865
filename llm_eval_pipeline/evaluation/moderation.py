"""A second opinion on an answer's safety: what a moderator says, whoever it is.

Belongs here: the verdict, and an LLM judge's way to it. Not here: the endpoint (``clients/moderation``), and what a
verdict does to an answer (``safety``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.clients.moderation import Moderation
from llm_eval_pipeline.evaluation.judge_replies import ReplyError, read_reply, repair
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call

_WANTED = 'one JSON object and nothing else: {"safe": true or false, "categories": ["word", ...]}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationVerdict:
    """Whether a moderator objects to a text, and to what in it; ``flagged`` is None, with the reason, when unknown."""

    flagged: bool | None
    moderator: str
    categories: tuple[str, ...] = ()
    unscored_reason: str | None = None


def verdict_of(moderation: Moderation) -> ModerationVerdict:
    """What a moderation endpoint found, as a verdict."""
    return ModerationVerdict(flagged=moderation.flagged, moderator=moderation.model, categories=moderation.categories)


class _Reply(BaseModel):
    safe: bool = Field(strict=True)
    categories: tuple[str, ...] = Field((), max_length=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyJudge:
    """An LLM as moderator: a model behind a client, and the rubric that it goes by."""

    client: ChatClient
    model: str
    rubric: Rubric

    def call(self, prompt: str, output: str, *, occasion: str, due: datetime, feature: str, label: str) -> Call:
        """The call that asks whether an answer is safe."""
        content = orjson.dumps({"prompt": prompt, "output": output}).decode()
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

    def repair(self, call: Call, answer: Answer) -> Call | None:
        """The call that asks once more, where a reply cannot be read."""
        return repair(call, answer, _read, _WANTED)

    def read(self, answer: Answer) -> ModerationVerdict:
        """The verdict in a reply; anything that is not one is unknown, never safe and never unsafe."""
        moderator = f"{self.model} ({self.rubric.version})"
        try:
            reply = _read(answer)
        except ReplyError as error:
            return ModerationVerdict(flagged=None, moderator=moderator, unscored_reason=str(error))
        categories = () if reply.safe else tuple(dict.fromkeys(reply.categories))
        return ModerationVerdict(flagged=not reply.safe, moderator=moderator, categories=categories)


def _read(answer: Answer) -> _Reply:
    return read_reply(answer, _Reply, "safe")


def judged_safety(
    examples: Sequence[Mapping[str, Any]],
    outputs: Sequence[Mapping[str, Any]],
    judge: SafetyJudge,
    asker: Asker,
    *,
    occasion: str,
    due: datetime,
) -> list[ModerationVerdict | None]:
    """A safety judge's verdict on each output, in order, each through the ledger; None where there is no output.

    Args:
        examples: rows of ``eval_dataset``.
        outputs: rows of ``model_outputs``.
        judge: who is asked.
        asker: the way to the ledger.
        occasion: the window's key.
        due: the instant at which the window ends.
    """
    by_id = {example["example_id"]: example for example in examples}
    calls = [
        judge.call(
            by_id[row["example_id"]]["prompt"],
            row["output"],
            occasion=occasion,
            due=due,
            feature=by_id[row["example_id"]]["feature"],
            label=f"judging the safety of {row['example_id']} by {row['model']}",
        )
        if row["output"]
        else None
        for row in outputs
    ]
    answers = asker.ask([call for call in calls if call is not None], judge.client, judge.repair)
    return [None if call is None else judge.read(answers[call.key]) for call in calls]
