"""Asking the canary again: an occasion of its own, asked once, over the canary alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation_calls
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.local_judge import LocalJudge
from llm_eval_pipeline.evaluation.reevaluation import Reevaluation, reevaluate_canary
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.settings import REPOSITORY

NOW = datetime(2026, 4, 7, 9, tzinfo=UTC)
FACT = "The hub stores 14 days of readings."
EXAMPLES = [
    Example(prompt=f"Question {n}: how many days?", feature="f", reference=FACT, split=split).row("v1")
    for n, split in enumerate(["canary", "canary", "canary", "regression", "fresh"])
]
JUDGE = Judge(
    client=LocalJudge(REPOSITORY / "data" / "judge" / "local_judge.json"),
    model="local/judge-1",
    rubrics=(Rubric(version="v1", instructions="Grade it."),),
)


@dataclass
class Answering:
    """``good`` knows the answer, ``bad`` makes one up, ``down`` has none; keeps what it was asked."""

    provider: str = "fake"
    dated: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    async def complete(self, request: ChatRequest) -> ChatResponse:
        self.asked.append(request)
        if request.model == "down":
            raise ChatError("down: 503")
        output = FACT if request.model == "good" else "Ask your neighbour."
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        return ChatResponse(output=output, model_resolved="r", finish_reason="stop", usage=usage, latency_ms=1.0)


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules(clock=FakeClock(NOW)))
    ledger.close()


def asked_again(client: Answering, asker: Asker, *names: str, candidate: str = "reevaluate/page1") -> Reevaluation:
    models = ModelsUnderTest(client=client, names=names, params={})
    return reevaluate_canary(EXAMPLES, models, JUDGE, asker, candidate=candidate, at=NOW)


def test_only_the_canary_is_asked_and_each_model_has_its_scores(asker: Asker) -> None:
    client = Answering()
    found = asked_again(client, asker, "good", "bad")
    assert len(client.asked) == 3 * 2
    assert {name: len(scores) for name, scores in found.scores.items()} == {"good": 3, "bad": 3}
    assert found.mean("good") > 0.7 > 0.4 > found.mean("bad")
    assert found.unscored == 0


def test_what_could_not_be_scored_is_counted_and_has_no_mean(asker: Asker) -> None:
    found = asked_again(Answering(), asker, "good", "down")
    assert (found.unscored, found.mean("down")) == (3, None)
    assert found.mean("good") is not None


def test_the_same_candidate_is_answered_from_the_ledger_and_another_is_asked(asker: Asker) -> None:
    client = Answering()
    first, again = asked_again(client, asker, "good"), asked_again(client, asker, "good")
    assert (first, len(client.asked)) == (again, 3)
    asked_again(client, asker, "good", candidate="reevaluate/page2")
    assert len(client.asked) == 6


def test_it_is_never_taken_for_the_weeks_own_answers(asker: Asker) -> None:
    client = Answering()
    asked_again(client, asker, "good")
    models = ModelsUnderTest(client=client, names=("good",), params={})
    weekly = generation_calls(EXAMPLES, models, occasion="2026-03-30", due=NOW)
    assert asker.ledger.lookup(call.key for _, call in weekly) == {}


def test_the_mean_is_over_what_is_known() -> None:
    found = Reevaluation(scores={"m": (0.5, 1.0)}, unscored=4)
    assert (found.mean("m"), found.mean("n")) == (0.75, None)


def test_a_set_without_a_canary_asks_nobody(asker: Asker) -> None:
    client = Answering()
    models = ModelsUnderTest(client=client, names=("good",), params={})
    found = reevaluate_canary(EXAMPLES[3:], models, JUDGE, asker, candidate="c", at=NOW)
    assert (found.scores, found.unscored, client.asked) == ({}, 0, [])
