"""Preferences: every other model's answer against the base's, by both orders or by scores."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.answers import answered
from llm_eval_pipeline.evaluation.pairwise import PairwiseJudge
from llm_eval_pipeline.evaluation.pairwise_summary import summarise_pairs
from llm_eval_pipeline.evaluation.preferences import judged_preferences, matched, scored_preferences, verdicts
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.evaluation.schema import PAIRWISE_PREFERENCES
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.plan import OverBudgetError
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.storage.warehouse import Warehouse

WEEK, DUE = "2026-03-30", datetime(2026, 4, 6, tzinfo=UTC)
EXAMPLES = sorted(
    (Example(prompt=prompt, feature="f").row("v1") for prompt in ("Why?", "How?")), key=lambda e: e["example_id"]
)


def answer(example: dict[str, Any], model: str, output: str, quality: float | None = 0.5, repetition: int = 0) -> Any:
    scored = {"quality_score": quality, "unscored_reason": None if quality is not None else "no idea"}
    return {
        "example_id": example["example_id"],
        "model": model,
        "repetition": repetition,
        "output": output,
        "judge": "j",
        "rubric_version": "v1",
        **scored,
    }


class Longest:
    """A judge that prefers the longer answer, wherever it stands."""

    provider, dated, asked = "fake", False, 0

    async def complete(self, request: ChatRequest) -> ChatResponse:
        self.asked += 1
        pair = orjson.loads(request.messages[1].content)
        winner = "first" if len(pair["first"]) > len(pair["second"]) else "second"
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        reply = orjson.dumps({"winner": winner, "rationale": "longer"}).decode()
        return ChatResponse(output=reply, model_resolved="r", finish_reason="stop", usage=usage, latency_ms=1.0)


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules(clock=FakeClock(DUE)))
    ledger.close()


def test_the_judge_prefers_by_the_models_names_and_the_rows_fit_their_table(asker: Asker, tmp_path: Path) -> None:
    first, second = EXAMPLES
    outputs = [
        answer(first, "base", "short"),
        answer(first, "base", "a repetition that nobody compares", repetition=1),
        answer(first, "new", "longer answer"),
        answer(second, "base", "a long answer"),
        answer(second, "new", "brief"),
    ]
    judge = PairwiseJudge(client=Longest(), model="j", rubric=Rubric(version="p1", instructions="Compare."))
    batches = judged_preferences(
        lambda: matched(answered(EXAMPLES, outputs)), "base", judge, asker, occasion=WEEK, due=DUE
    )
    rows = Warehouse(str(tmp_path)).write(PAIRWISE_PREFERENCES, WEEK, [row for rows in batches for row in rows])
    assert [(row["model_other"], row["preferred"], row["position_bias"]) for row in rows.to_pylist()] == [
        ("new", "other", False),
        ("new", "base", False),
    ]
    found = summarise_pairs(verdicts(rows.to_pylist())["new"])
    assert (found.wins, found.losses, found.n_unscored) == (1, 1, 0)


def test_all_pairs_are_counted_against_the_budget_before_the_first_is_asked(asker: Asker) -> None:
    examples = sorted(
        (Example(prompt=f"Why {n}?", feature="f").row("v1") for n in range(501)), key=lambda e: e["example_id"]
    )
    outputs = [answer(example, *given) for example in examples for given in (("base", "x"), ("new", "longer"))]
    # 501 pairs in two orders are 1002 calls of 1 USD at the most: 500 examples alone would be within 1001
    rules = replace(asker.rules, budget_usd=1001.0)
    poor = replace(asker, price=lambda *_: Decimal(1), rules=rules)
    client = Longest()
    judge = PairwiseJudge(client=client, model="j", rubric=Rubric(version="p1", instructions="Compare."))
    with pytest.raises(OverBudgetError, match="1002"):
        list(
            judged_preferences(
                lambda: matched(answered(examples, outputs)), "base", judge, poor, occasion=WEEK, due=DUE
            )
        )
    assert client.asked == 0


def test_each_other_model_has_its_own_summary_and_the_order_of_examples_is_kept(asker: Asker) -> None:
    texts = {"base": "middling", "longest": "the longest answer", "s": "s"}
    outputs = [answer(example, model, text) for example in EXAMPLES for model, text in texts.items()]
    outputs[3]["output"] = texts["longest"]  # the base says what longest says: settled without the judge
    judge = PairwiseJudge(client=Longest(), model="j", rubric=Rubric(version="p1", instructions="Compare."))
    (rows,) = judged_preferences(
        lambda: matched(answered(EXAMPLES, outputs)), "base", judge, asker, occasion=WEEK, due=DUE
    )
    assert [(row["example_id"], row["model_other"]) for row in rows] == [
        (example["example_id"], other) for example in EXAMPLES for other in ("longest", "s")
    ]
    found = {other: summarise_pairs(those) for other, those in verdicts(rows).items()}
    assert {other: (one.wins, one.losses, one.ties) for other, one in found.items()} == {
        "longest": (1, 0, 1),
        "s": (0, 2, 0),
    }


def test_by_scores_a_clear_difference_wins_and_what_nobody_scored_stays_open() -> None:
    first, second = EXAMPLES
    outputs = [
        answer(first, "base", "x", 0.4),
        answer(first, "new", "y", 0.9),
        answer(second, "base", "x", 0.4),
        answer(second, "new", "y", None),
    ]
    ((win, unscored),) = scored_preferences(matched(answered(EXAMPLES, outputs)), "base")
    assert (win["preferred"], win["rationale"]) == ("other", "0.90 against 0.40")
    assert (unscored["preferred"], unscored["unscored_reason"]) == (None, "a: no idea")


def test_where_the_base_has_no_answer_there_is_no_pair() -> None:
    outputs = [answer(EXAMPLES[0], "new", "y"), answer(EXAMPLES[0], "old", "z")]
    assert list(scored_preferences(matched(answered(EXAMPLES, outputs)), "base")) == [[]]
