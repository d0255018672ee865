"""A second opinion on an answer's safety: what a moderator says, whoever it is.

Belongs here: the verdict, and an LLM judge's way to it. Not here: the endpoint (``clients/moderation``), and what a
verdict does to an answer (``safety``).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson
from pydantic import BaseModel, Field

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.answers import Answered
from llm_eval_pipeline.evaluation.judge_replies import ReplyError, read_reply, repair
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.exchanges import Exchange, asked

_WANTED = 'one JSON object and nothing else: {"safe": true or false, "categories": ["word", ...]}.'


@dataclass(frozen=True, slots=True, kw_only=True)
class ModerationVerdict:
    """Whether a moderator objects to a text, and to what in it; ``flagged`` is None, with the reason, when unknown."""

    flagged: bool | None
    moderator: str
    categories: tuple[str, ...] = ()
    unscored_reason: str | None = None


class _Reply(BaseModel):
    safe: bool = Field(strict=True)
    categories: tuple[str, ...] = Field((), max_length=50)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """An answer that somebody was shown, and what it answered; ``label`` names it for messages to people."""

    prompt: str
    output: str | None
    feature: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderator:
    """Who is asked: a model behind a client; an LLM has a rubric and ``params``, an endpoint needs neither."""

    client: ChatClient
    model: str
    rubric: Rubric | None = None
    params: Mapping[str, Any] = field(default_factory=dict)

    def call(self, shown: Shown, *, occasion: str, due: datetime) -> Call:
        """The call that asks whether an answer is safe."""
        output = shown.output or ""
        if self.rubric is None:
            messages: tuple[Message, ...] = (Message(role="user", content=output),)
        else:
            content = orjson.dumps({"prompt": shown.prompt, "output": output}).decode()
            messages = (Message(role="system", content=self.rubric.instructions), Message(role="user", content=content))
        return Call(
            request=ChatRequest(model=self.model, messages=messages, params=self.params, as_of=due),
            provider=self.client.provider,
            purpose="judge",
            occasion=occasion,
            due=due,
            feature=shown.feature,
            label=f"judging the safety of {shown.label}",
        )

    def repair(self, call: Call, answer: Answer) -> Call | None:
        """The call that asks once more, where a reply cannot be read."""
        return repair(call, answer, _read, _WANTED)

    def read(self, answer: Answer) -> ModerationVerdict:
        """The verdict in a reply; anything that is not one is unknown, never safe and never unsafe."""
        moderator = f"{self.model} ({self.rubric.version})" if self.rubric else self.model
        try:
            reply = _read(answer)
        except ReplyError as error:
            return ModerationVerdict(flagged=None, moderator=moderator, unscored_reason=str(error))
        categories = () if reply.safe else tuple(dict.fromkeys(reply.categories))
        return ModerationVerdict(flagged=not reply.safe, moderator=moderator, categories=categories)


def _read(answer: Answer) -> _Reply:
    return read_reply(answer, _Reply, "safe")


def moderate_all(
    answers: Callable[[], Iterable[Shown]], moderator: Moderator, asker: Asker, *, occasion: str, due: datetime
) -> Iterator[ModerationVerdict | None]:
    """A verdict on each of any number of answers, in order, each through the ledger; None where there is no output.

    Args:
        answers: gives, anew each time, what is looked at.
        moderator: who is asked.
        asker: the way to the ledger.
        occasion: the window's key.
        due: the instant at which the window ends.
    """

    def wanted() -> Iterator[Call | None]:
        for shown in answers():
            yield moderator.call(shown, occasion=occasion, due=due) if shown.output else None

    planned = asker.plan((call for call in wanted() if call is not None), moderator.client)
    exchanges = (_moderating(call, moderator) for call in wanted())
    return asker.stream(exchanges, {"judge": moderator.client}, planned)


def _moderating(call: Call | None, moderator: Moderator) -> Exchange[ModerationVerdict | None]:
    return None if call is None else moderator.read((yield from asked(call, moderator.repair)))


def moderate(
    answers: Sequence[Shown], moderator: Moderator, asker: Asker, *, occasion: str, due: datetime
) -> list[ModerationVerdict | None]:
    """A verdict on each of a few answers; see :func:`moderate_all`."""
    return list(moderate_all(lambda: answers, moderator, asker, occasion=occasion, due=due))


def shown_in_outputs(answers: Iterable[Answered]) -> Iterator[Shown]:
    """What a moderator sees of an evaluation."""
    for example, output in answers:
        yield Shown(
            prompt=example["prompt"],
            output=output["output"],
            feature=example["feature"],
            label=f"{output['example_id']} by {output['model']}",
        )
