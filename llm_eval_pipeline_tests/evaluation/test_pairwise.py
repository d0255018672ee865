"""Comparing answers: both orders are asked, what they disagree on is a tie, and what cannot be read is no verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.evaluation.judge_replies import LONGEST_REPLY
from llm_eval_pipeline.evaluation.judging import JudgeScore
from llm_eval_pipeline.evaluation.pairwise import (
    Pair,
    PairwiseJudge,
    Preference,
    compare_all,
)
from llm_eval_pipeline.evaluation.pairwise_by_score import compare_by_score
from llm_eval_pipeline.evaluation.pairwise_summary import summarise_pairs
from llm_eval_pipeline.evaluation.rubrics import load_rubric
from llm_eval_pipeline.ledger.asking import Asker, AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.settings import REPOSITORY

WEEK = "2026-03-30"
DUE = datetime(2026, 4, 6, tzinfo=UTC)
RUBRIC = load_rubric(REPOSITORY / "data" / "rubrics" / "pairwise.yaml")
PAIR = Pair(prompt="Why?", a="Because.", b="So.", reference="Because it is.")
Script = Callable[[str, str], str | ChatError]


@dataclass
class Comparing:
    """A judge that replies as its script says to the first and the second answer, and keeps what it was asked."""

    script: Script
    provider: str = "fake"
    dated: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    async def complete(self, request: ChatRequest) -> ChatResponse:
        self.asked.append(request)
        content = orjson.loads(request.messages[1].content)
        reply = self.script(content["first"], content["second"])
        if isinstance(reply, ChatError):
            raise reply
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        return ChatResponse(
            output=reply, model_resolved=request.model, finish_reason="stop", usage=usage, latency_ms=1.0
        )


def said(winner: str, why: str = "r") -> str:
    return orjson.dumps({"winner": winner, "rationale": why}).decode()


def longer(first: str, second: str) -> str:
    return said("first" if len(first) > len(second) else "second")


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules(clock=FakeClock(DUE), attempts=1))
    ledger.close()


def compared(asker: Asker, script: Script, pair: Pair = PAIR) -> tuple[Preference, Comparing]:
    client = Comparing(script)
    judge = PairwiseJudge(client=client, model="judge", rubric=RUBRIC)
    ((_, found),) = compare_all(lambda: [("only", pair, "f")], judge, asker, occasion=WEEK, due=DUE)
    return found, client


def test_a_pair_is_asked_in_both_orders_without_chance(asker: Asker) -> None:
    _, client = compared(asker, longer)
    contents = [orjson.loads(request.messages[1].content) for request in client.asked]
    assert sorted((content["first"], content["second"]) for content in contents) == [
        ("Because.", "So."),
        ("So.", "Because."),
    ]
    assert contents[0].keys() == {
        *("prompt", "reference", "context", "expected_format", "should_refuse", "first", "second")
    }
    for request in client.asked:
        assert (request.messages[0].content, request.params) == (RUBRIC.instructions, {"temperature": 0})


@pytest.mark.parametrize(("pair", "winner"), [(PAIR, "a"), (Pair(prompt="p", a="So.", b="Because."), "b")])
def test_a_judge_that_goes_by_the_answer_names_one_winner(asker: Asker, pair: Pair, winner: str) -> None:
    found, _ = compared(asker, longer, pair)
    assert (found.winner, found.position_bias, found.unscored_reason) == (winner, False, None)
    assert (found.first_preferred, found.decided) == (1, 2)
    assert (found.judge, found.rubric_version, found.rationale) == ("judge", "pairwise-2026-01-01", "r")


@pytest.mark.parametrize(("place", "preferred"), [("first", 2), ("second", 0)])
def test_a_judge_that_goes_by_the_place_gives_a_tie_and_its_bias_is_counted(
    asker: Asker, place: str, preferred: int
) -> None:
    found, _ = compared(asker, lambda first, _: said(place, f"{first} is here"))
    assert (found.winner, found.position_bias) == ("tie", True)
    assert (found.first_preferred, found.decided) == (preferred, 2)
    assert found.rationale == "a first: Because. is here b first: So. is here"


def test_a_tie_in_one_order_alone_is_a_tie_with_bias_and_in_both_one_without(asker: Asker) -> None:
    half, _ = compared(asker, lambda first, _: said("first" if first == "So." else "tie"))
    both, _ = compared(asker, lambda *_: said("tie"), Pair(prompt="q", a="x", b="y"))
    assert (half.winner, half.position_bias, half.decided) == ("tie", True, 1)
    assert (both.winner, both.position_bias, both.decided) == ("tie", False, 0)


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "cannot be read (reply: Invalid JSON"),
        ("The first one.", "'The first one.'"),
        ('{"winner": "a"}', "(winner: Input should be 'first', 'second' or 'tie')"),
        ('{"rationale": "Hm."}', "(winner: Field required)"),
        ('{"winner": "first"' + " " * LONGEST_REPLY + "}", "characters"),
        (ChatError("judge: 401"), "the judge did not answer: judge: 401"),
    ],
)
def test_one_reply_that_cannot_be_read_leaves_the_pair_unscored(
    asker: Asker, reply: str | ChatError, reason: str
) -> None:
    found, _ = compared(asker, lambda first, _: reply if first == "So." else said("first"))
    assert (found.winner, found.position_bias) == (None, None)
    assert found.unscored_reason is not None
    assert reason in found.unscored_reason
    assert len(found.unscored_reason) < 400


def test_a_reply_that_cannot_be_read_is_repaired_once(asker: Asker) -> None:
    replies = iter(["The first one.", said("second"), said("first")])  # of a first, of b first, of a first again
    found, client = compared(replace(asker, rules=replace(asker.rules, concurrency=1)), lambda *_: next(replies))
    assert (found.winner, found.position_bias) == ("a", False)
    assert [len(request.messages) for request in client.asked] == [2, 2, 4]


def test_a_fenced_reply_is_read(asker: Asker) -> None:
    found, _ = compared(asker, lambda first, second: f"```json\n{longer(first, second)}\n```")
    assert found.winner == "a"


@pytest.mark.parametrize(
    ("pair", "winner", "reason"),
    [
        (Pair(prompt="p", a=None, b="So."), None, "there is no answer a to compare"),
        (Pair(prompt="p", a="", b=None), None, "there is no answer a and no answer b to compare"),
        (Pair(prompt="p", a="So.", b="So."), "tie", None),
    ],
)
def test_what_needs_no_judge_is_not_asked(asker: Asker, pair: Pair, winner: str | None, reason: str | None) -> None:
    found, client = compared(asker, longer, pair)
    assert (found.winner, found.unscored_reason, found.position_bias) == (winner, reason, None)
    assert client.asked == []


def test_the_same_week_again_asks_nobody(asker: Asker) -> None:
    first, _ = compared(asker, longer)
    again, client = compared(asker, longer)
    assert (again, client.asked) == (first, [])


def score(quality: float | None, **others: Any) -> JudgeScore:
    reason = None if quality is not None else "no score"
    fields = {"quality_score": quality, "unscored_reason": reason, "judge": "local/judge-1", "rubric_version": "v"}
    return JudgeScore(**(fields | others))


@pytest.mark.parametrize(
    ("a", "b", "winner"),
    [(0.9, 0.5, "a"), (0.5, 0.9, "b"), (0.5, 0.54, "tie"), (0.85, 0.8, "a"), (0.3, 0.35, "b"), (0.5, 0.5, "tie")],
)
def test_a_judge_of_single_answers_wins_by_one_step_as_model_comparison_does(a: float, b: float, winner: str) -> None:
    found = compare_by_score(score(a), score(b))
    assert (found.winner, found.position_bias, found.decided) == (winner, None, 0)
    assert found.rationale == f"{a:.2f} against {b:.2f}"


def test_without_a_score_there_is_no_comparison() -> None:
    found = compare_by_score(score(0.9), score(None))
    assert (found.winner, found.unscored_reason) == (None, "b: no score")


def test_scores_of_two_judges_or_rubrics_are_not_on_one_scale() -> None:
    with pytest.raises(ValueError, match="judge both answers by one judge and one rubric"):
        compare_by_score(score(0.9), score(0.5, rubric_version="w"))


def preference(winner: Any, *, bias: bool | None = False, first: int = 1, decided: int = 2) -> Preference:
    reason = None if winner else "no verdict"
    return Preference(
        winner=winner,
        unscored_reason=reason,
        judge="j",
        rubric_version="v",
        position_bias=bias,
        first_preferred=first,
        decided=decided,
    )


def test_ties_are_half_a_win_and_the_unscored_leave() -> None:
    both_first = preference("tie", bias=True, first=2)
    verdicts = [*[preference("a")] * 6, *[preference("b")] * 2, both_first, both_first]
    verdicts.append(preference(None, bias=None, first=0, decided=0))
    found = summarise_pairs(verdicts)
    assert (found.n, found.n_unscored, found.wins, found.losses, found.ties) == (10, 1, 6, 2, 2)
    assert found.win_rate is not None
    assert found.position_consistency is not None
    assert found.win_rate.value == 7 / 10
    # Wilson for 7 of 10: (0.7 + 1.9207 / 10 ± 1.96 · √(0.7 · 0.3 / 10 + 3.8415 / 400)) / 1.38415
    assert (found.win_rate.low, found.win_rate.high) == pytest.approx((0.3968, 0.8922), abs=1e-4)
    assert found.position_consistency.value == 8 / 10
    assert found.first_preference == (8 + 4) / 20


def test_by_score_there_is_no_order_to_speak_of() -> None:
    found = summarise_pairs([compare_by_score(score(0.9), score(0.5))])
    assert found.win_rate is not None
    assert (found.win_rate.value, found.position_consistency, found.first_preference) == (1.0, None, None)


def test_no_pairs_say_nothing() -> None:
    found = summarise_pairs([])
    assert (found.n, found.win_rate, found.position_consistency, found.first_preference) == (0, None, None, None)
