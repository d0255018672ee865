"""A second opinion on an answer's safety: what a moderator says, whoever it is.

Belongs here: the verdict, the seam, and the reading of an LLM judge's reply. Not here: the endpoint (``clients/``), and
what a verdict does to an answer (``safety``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.calls import Answer, Call

LONGEST_REPLY = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationVerdict:
    """Whether a moderator objects to a text, and to what in it; ``flagged`` is None, with the reason, when unknown."""

    flagged: bool | None
    moderator: str
    categories: tuple[str, ...] = ()
    unscored_reason: str | None = None


class Moderator(Protocol):
    """Anything that says of texts whether they may be shown."""

    def moderate(self, texts: Sequence[str]) -> Sequence[ModerationVerdict]:
        """One verdict for each text, in order."""
        ...


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")

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

    def read(self, answer: Answer) -> ModerationVerdict:
        """The verdict in a reply; anything that is not one is unknown, never safe and never unsafe."""
        moderator = f"{self.model} ({self.rubric.version})"
        if answer.response is None:
            reason = f"the safety judge did not answer: {answer.error}"
            return ModerationVerdict(flagged=None, moderator=moderator, unscored_reason=reason)
        return read_verdict(answer.response.output, moderator)


def read_verdict(reply: str, moderator: str) -> ModerationVerdict:
    """The verdict in an LLM's reply: ``{"safe": true or false, "categories": ["…"]}``, in a code fence or not."""
    text = reply.strip()
    if len(text) > LONGEST_REPLY:
        reason = f"the safety judge's reply has {len(text)} characters"
        return ModerationVerdict(flagged=None, moderator=moderator, unscored_reason=reason)
    text = text.removeprefix("```json").removeprefix("```").removesuffix("```").strip()
    try:
        read = _Reply.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "reply"
        reason = f"the safety judge's reply cannot be read ({where}: {first['msg']}): {text[:200]!r}"
        return ModerationVerdict(flagged=None, moderator=moderator, unscored_reason=reason)
    categories = () if read.safe else tuple(dict.fromkeys(read.categories))
    return ModerationVerdict(flagged=not read.safe, moderator=moderator, categories=categories)
