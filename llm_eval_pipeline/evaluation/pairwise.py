"""Two answers to one prompt: which is better, asked twice with the order swapped.

A judge may prefer a place as well as an answer, so a win counts only where both orders say the same; what they
disagree on is a tie, and counted as position bias.

Here: pairs, the calls and their replies, and the verdicts. Not here: comparing by the scores of single answers
(``pairwise_by_score``), and what many comparisons say together (``pairwise_summary``).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any, Literal, TypeVar

import orjson
from pydantic import BaseModel

from llm_eval_pipeline.clients.chat import ChatClient, ChatRequest, Message
from llm_eval_pipeline.evaluation.judge_replies import ReplyError, read_reply, repair
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.exchanges import Exchange, asked, labelled, together

Key = TypeVar("Key", bound=Hashable)
Winner = Literal["a", "b", "tie"]
_WANTED = (
    'one JSON object and nothing else: {"winner": "first" or "second" or "tie", "rationale": "one or two sentences"}.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two answers, ``a`` and ``b``, to one prompt; None is not known, and for an answer that there is none."""

    prompt: str
    a: str | None
    b: str | None
    reference: str | None = None
    context: str | None = None
    expected_format: str | None = None
    should_refuse: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """Which answer of a pair is better, or None with the reason.

    ``position_bias`` says that the two orders disagreed; it is None where no order was asked. ``first_preferred``
    counts how many of the ``decided`` replies (those that were no tie) preferred the answer that stood first.
    """

    winner: Winner | None
    unscored_reason: str | None
    judge: str
    rubric_version: str
    position_bias: bool | None = None
    first_preferred: int = 0
    decided: int = 0
    rationale: str | None = None

    def columns(self) -> dict[str, Any]:
        """The columns of a table of comparisons."""
        return asdict(self)


class _Reply(BaseModel):
    winner: Literal["first", "second", "tie"]
    rationale: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairwiseJudge:
    """A judge that compares: a model behind a client, and the rubric that it goes by."""

    client: ChatClient
    model: str
    rubric: Rubric
    params: Mapping[str, Any] = field(default_factory=lambda: {"temperature": 0})

    def calls(self, pair: Pair, *, occasion: str, due: datetime, feature: str, label: str) -> tuple[Call, ...]:
        """The two calls of a pair, ``a`` first, then ``b`` first; none for a pair that needs no judge."""
        if self.settled(pair) is not None:
            return ()
        known = asdict(pair)
        a, b = known.pop("a"), known.pop("b")
        a_first = Call(
            request=self._request({**known, "first": a, "second": b}, due),
            provider=self.client.provider,
            purpose="judge",
            occasion=occasion,
            due=due,
            feature=feature,
            label=label,
        )
        swapped = self._request({**known, "first": b, "second": a}, due)
        return a_first, replace(a_first, request=swapped, label=f"{label}, in the other order")

    def _request(self, content: Mapping[str, Any], due: datetime) -> ChatRequest:
        return ChatRequest(
            model=self.model,
            messages=(
                Message(role="system", content=self.rubric.instructions),
                Message(role="user", content=orjson.dumps(content).decode()),
            ),
            params=self.params,
            as_of=due,
        )

    def read(self, a_first: Answer, b_first: Answer) -> Preference:
        """The verdict of both orders; a reply that cannot be read leaves the pair unscored, never a tie."""
        try:
            one, other = _reply(a_first), _reply(b_first)
        except ReplyError as error:
            return self.unscored(str(error))
        winner, swapped = _winner(one, first="a", second="b"), _winner(other, first="b", second="a")
        agreed = winner == swapped
        return Preference(
            winner=winner if agreed else "tie",
            unscored_reason=None,
            judge=self.model,
            rubric_version=self.rubric.version,
            position_bias=not agreed,
            first_preferred=(one.winner == "first") + (other.winner == "first"),
            decided=(one.winner != "tie") + (other.winner != "tie"),
            rationale=one.rationale if agreed else f"a first: {one.rationale} b first: {other.rationale}",
        )

    def repair(self, call: Call, answer: Answer) -> Call | None:
        """The call that asks once more, where a reply cannot be read."""
        return repair(call, answer, _reply, _WANTED)

    def settled(self, pair: Pair) -> Preference | None:
        """The verdict of a pair that needs no judge: one without both answers, or with the same answer twice."""
        missing = [name for name, answer in (("a", pair.a), ("b", pair.b)) if not answer]
        if missing:
            return self.unscored(f"there is no answer {' and no answer '.join(missing)} to compare")
        if pair.a != pair.b:
            return None
        return Preference(
            winner="tie",
            unscored_reason=None,
            judge=self.model,
            rubric_version=self.rubric.version,
            rationale="both answers are the same",
        )

    def unscored(self, reason: str) -> Preference:
        """No verdict, and why."""
        return Preference(winner=None, unscored_reason=reason, judge=self.model, rubric_version=self.rubric.version)


Pairs = Callable[[], Iterable[tuple[Key, Pair, str]]]
"""Gives, anew each time, the caller's own key of a pair, the pair, and its feature."""


def compare_all(
    pairs: Pairs[Key], judge: PairwiseJudge, asker: Asker, *, occasion: str, due: datetime
) -> Iterator[tuple[Key, Preference]]:
    """Compare any number of pairs in both orders through the ledger, in their order.

    A pair that is settled without a judge costs nothing. See :meth:`Asker.stream` for what it raises.
    """

    def wanted() -> Iterator[tuple[Key, Pair, tuple[Call, ...]]]:
        for key, pair, feature in pairs():
            yield key, pair, judge.calls(pair, occasion=occasion, due=due, feature=feature, label=f"comparing {key}")

    planned = asker.plan((call for _, _, calls in wanted() for call in calls), judge.client)
    exchanges = (labelled(key, _comparing(pair, calls, judge)) for key, pair, calls in wanted())
    return asker.stream(exchanges, {"judge": judge.client}, planned)


def _comparing(pair: Pair, calls: Sequence[Call], judge: PairwiseJudge) -> Exchange[Preference]:
    if (verdict := judge.settled(pair)) is not None:
        return verdict
    a_first, b_first = yield from together(asked(call, judge.repair) for call in calls)
    return judge.read(a_first, b_first)


def _reply(answer: Answer) -> _Reply:
    return read_reply(answer, _Reply, "winner")


def _winner(reply: _Reply, *, first: Winner, second: Winner) -> Winner:
    """The reply's winner by the answers' own names, given which of them stood where."""
    return "tie" if reply.winner == "tie" else first if reply.winner == "first" else second
