"""The calls of a day: what was asked, and what the sample answerer made of it that day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from llm_eval_pipeline.clients.chat import Message
from llm_eval_pipeline.clients.sample_answerer import SampleAnswer, SampleAnswerer
from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.windows import start_of
from traffic import phrasing, story

_FAILURES = ("timeout", "rate_limit", "server_error")
_LAST_SECOND = 86_400 - 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of the application; ``failure`` is the reason where the model did not answer."""

    chance: Chance
    start: datetime
    model: str
    request: phrasing.Request
    system: str | None
    version: str
    answer: SampleAnswer
    failure: str | None


@lru_cache(maxsize=8)
def calls_of(day: date) -> tuple[Call, ...]:
    """The calls that start on a day, in order of time."""
    calls = [_call(day, number) for number in range(story.traces_on(day))]
    return tuple(sorted(calls, key=lambda call: (call.start, call.chance.occasion)))


@lru_cache(maxsize=1)
def _answerer() -> SampleAnswerer:
    return SampleAnswerer(story.DATA / "documents", story.DATA / "answerer" / "releases.yaml")


def _call(day: date, number: int) -> Call:
    chance = Chance.of(story.SEED, day, number)
    feature, model = _share(story.FEATURES, _spread(day, number, 2)), _share(story.MODELS, _spread(day, number, 3))
    busy = 0.5 + 0.13 * chance.normal("busy hour") if chance.happens("by day", 0.75) else chance.uniform("any hour")
    start = start_of(day) + timedelta(microseconds=int(min(max(busy, 0.0), 1.0) * _LAST_SECOND * 1e6))
    request, version = phrasing.request(feature, day, chance), story.prompt_version(feature, day)
    system = (phrasing.HERE / "long_instructions.txt").read_text(encoding="utf-8").strip() if version == "v2" else None
    conversation = [Message(role="system", content=system)] if system else []
    conversation.append(Message(role="user", content=request.prompt))
    failed = chance.happens("failed", story.failed_share(day))
    return Call(
        chance=chance,
        start=start,
        model=model,
        request=request,
        system=system,
        version=version,
        answer=_answerer().answer(model, conversation, start, story.lost_documents(day)),
        failure=chance.pick("failure", _FAILURES) if failed else None,
    )


def is_good(call: Call) -> bool:
    """Whether a user would find the answer good: no mistake in it, and taken from the right document."""
    output, hits = call.answer.response.output, call.answer.retrieved
    if call.request.feature == "classification":
        return output == call.request.expected
    if call.request.feature == "question_answering" and call.request.expected is not None:
        right = [hit.sentence.text for hit in hits if hit.sentence.document == call.request.expected]
        return not call.answer.mistakes and any(output.startswith(text[:20]) for text in right)
    return not call.answer.mistakes


def _spread(day: date, number: int, base: int) -> float:
    """Halton's sequence over the sample's traces: any week has nearly the intended shares, in no visible order."""
    place, value, step = (day - story.FIRST_DAY).days * story.TRACES_PER_WEEKDAY + number + 1, 0.0, 1.0
    while place:
        step /= base
        place, digit = divmod(place, base)
        value += step * digit
    return value


def _share(shares: dict[str, float], at: float) -> str:
    """The name that a number in [0, 1) falls on when the names take their shares of that range in order."""
    for name, share in shares.items():
        if at < share:
            return name
        at -= share
    return name
