"""An exchange: the calls that one subject takes, and what comes of their answers. It knows neither clients nor threads.

An exchange is a generator. It yields the calls that it needs next, is sent their answers, and returns its result::

    def judged(question: Call, judge: Judge) -> Exchange[JudgeScore]:
        answer = yield from asked(question)
        case = ...                                       # made of the answer
        return judge.read(case, (yield from asked(judge.call(case), judge.repair)))

Belongs here: what an exchange is, and the few out of which others are made. Not here: how many are under way at once,
and who is asked (``answering``).
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from llm_eval_pipeline.ledger.calls import Answer, Call

Result = TypeVar("Result")
Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Extra:
    """A call that no plan has counted. It is made only while the budget has something left beside the planned ones."""

    call: Call


Asks = Sequence[Call | Extra]
"""Calls that are made at the same time."""
Exchange = Generator[Asks, Sequence[Answer | None], Result]
"""Yields calls, is sent their answers in the same order (None for an :class:`Extra` that was not made), and returns."""
FollowUp = Callable[[Call, Answer], Call | None]
"""The call that an answer makes necessary, such as the repair of a reply that cannot be read; None: none is."""


def asked(call: Call, follow_up: FollowUp | None = None) -> Exchange[Answer]:
    """The answer to a call, or to the last one that it made necessary, as far as the budget went."""
    (answer,) = yield (call,)
    assert answer is not None, "only an extra call may go without an answer"
    while follow_up is not None and (following := follow_up(call, answer)) is not None:
        (next_answer,) = yield (Extra(following),)
        if next_answer is None:
            break
        call, answer = following, next_answer
    return answer


def together(exchanges: Iterable[Exchange[Result]]) -> Exchange[list[Result]]:
    """The results of several exchanges in their order; in each step the calls of all are made at the same time."""
    going = [Going(exchange) for exchange in exchanges]
    while open_ones := [one for one in going if not one.ended]:
        answers = iter((yield [ask for one in open_ones for ask in one.asks]))
        for one in open_ones:
            one.go_on([next(answers) for _ in one.asks])
    return [one.result for one in going]


def labelled(subject: Subject, exchange: Exchange[Result]) -> Exchange[tuple[Subject, Result]]:
    """An exchange's result beside what it is about."""
    return subject, (yield from exchange)


class Going:
    """An exchange that has begun: what it asks now, or its result."""

    def __init__(self, exchange: Exchange[Any]) -> None:
        self._exchange = exchange
        self.asks: Asks = ()
        self.ended = False
        self.result: Any = None
        self.go_on(None)

    def go_on(self, answers: Sequence[Answer | None] | None) -> None:
        """Send the answers to what it asks; None only to begin."""
        try:
            self.asks = self._exchange.send(answers)  # type: ignore[arg-type]  # a generator is begun with None
        except StopIteration as end:
            self.ended, self.asks, self.result = True, (), end.value
