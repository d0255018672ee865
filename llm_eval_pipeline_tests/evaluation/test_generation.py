"""Generation: from examples to calls, and from answers to rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from llm_eval_pipeline.clients.chat import ChatClient, ChatResponse, TokenUsage
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation_calls, output_row
from llm_eval_pipeline.evaluation.local_judge import LocalJudge
from llm_eval_pipeline.evaluation.schema import MODEL_OUTPUTS
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline.storage.warehouse import Warehouse

WEEK = "2026-03-30"
DUE = datetime(2026, 4, 6, tzinfo=UTC)
CLIENT: ChatClient = LocalJudge(REPOSITORY / "data" / "judge" / "local_judge.json")
EXAMPLES = [
    Example(prompt="Why?", feature="f", system="Be brief.").row("v1"),
    Example(prompt="How?", feature="g", source="production").row("v1"),
]


def models(*names: str, repetitions: int = 1, **params: Any) -> ModelsUnderTest:
    return ModelsUnderTest(client=CLIENT, names=names, params=params, repetitions=repetitions)


def calls_of(under_test: ModelsUnderTest, occasion: str = WEEK) -> list[Call]:
    return [call for _, call in generation_calls(EXAMPLES, under_test, occasion=occasion, due=DUE)]


def rows_of(examples: list[dict], answer: Callable[[str], Answer]) -> list[dict[str, Any]]:
    calls = generation_calls(examples, models("a"), occasion=WEEK, due=DUE)
    return [output_row(example, call, answer(call.key)) for example, call in calls]


def answered(key: str) -> Answer:
    usage = TokenUsage(input_tokens=9, cached_input_tokens=4, output_tokens=3)
    response = ChatResponse(output="So.", model_resolved="m@r1", finish_reason="stop", usage=usage, latency_ms=12.5)
    return Answer(
        key=key,
        response=response,
        error=None,
        called_at=DUE,
        cost_usd=Decimal("0.0003"),
        called_late=False,
        replayed=True,
    )


def refused(key: str) -> Answer:
    return Answer(
        key=key, response=None, error="m: 500", called_at=DUE, cost_usd=None, called_late=True, replayed=False
    )


def test_each_example_is_asked_of_each_model_each_time() -> None:
    calls = calls_of(models("a", "b", repetitions=3))
    assert len(calls) == 2 * 2 * 3
    assert len({call.key for call in calls}) == 12


def test_a_call_says_what_is_asked_when_and_for_whom() -> None:
    call = calls_of(models("a", temperature=0))[0]
    assert [(m.role, m.content) for m in call.request.messages] == [("system", "Be brief."), ("user", "Why?")]
    assert (call.request.model, call.request.params, call.request.as_of) == ("a", {"temperature": 0}, DUE)
    assert (call.purpose, call.feature, call.occasion, call.due) == ("generation", "f", WEEK, DUE)
    assert (call.provider, call.label) == (CLIENT.provider, f"example {EXAMPLES[0]['example_id']}")


def test_another_week_or_other_parameters_ask_anew_and_the_same_do_not() -> None:
    keys = [
        {call.key for call in calls}
        for calls in (
            calls_of(models("a", temperature=0)),
            calls_of(models("a", temperature=1)),
            calls_of(models("a", temperature=0), "2026-04-06"),
        )
    ]
    assert len(set.union(*keys)) == 6
    assert {call.key for call in calls_of(models("a", temperature=0))} == keys[0]


def test_no_example_and_no_model_ask_nobody() -> None:
    assert list(generation_calls([], models("a"), occasion=WEEK, due=DUE)) == []
    assert calls_of(models()) == []


def test_calls_come_in_the_order_in_which_their_rows_are_stored() -> None:
    places = [(call.request.model, call.repetition) for call in calls_of(models("b", "a", repetitions=2))]
    assert places == [("a", 0), ("a", 1), ("b", 0), ("b", 1)] * 2


def test_an_answer_becomes_a_row_with_its_own_latency_tokens_and_cost(tmp_path: Path) -> None:
    rows = rows_of(EXAMPLES, answered)
    stored = Warehouse(str(tmp_path)).write(MODEL_OUTPUTS, WEEK, rows).to_pylist()
    (row,) = (row for row in stored if row["feature"] == "g")
    assert (row["output"], row["finish_reason"], row["model_resolved"], row["split"]) == (
        "So.",
        "stop",
        "m@r1",
        "fresh",
    )
    assert (row["latency_ms"], row["input_tokens"], row["cached_input_tokens"], row["output_tokens"]) == (12.5, 9, 4, 3)
    assert (row["cost_usd"], row["called_at"]) == (Decimal("0.0003"), DUE)
    assert (row["replayed"], row["called_late"], row["error"]) == (True, False, None)


def test_a_row_has_reasoning_first_token_and_fingerprint_where_the_endpoint_tells_them(tmp_path: Path) -> None:
    told = replace(
        answered("").response,
        usage=TokenUsage(input_tokens=9, output_tokens=7, reasoning_tokens=5),
        time_to_first_token_ms=3.5,
        system_fingerprint="fp",
    )
    columns = ("reasoning_tokens", "time_to_first_token_ms", "system_fingerprint", "input_tokens")
    for response, values in ((told, (5, 3.5, "fp", 9)), (replace(told, usage=None), (None, 3.5, "fp", None))):
        rows = rows_of(EXAMPLES, lambda key, response=response: replace(answered(key), response=response))
        for row in Warehouse(str(tmp_path)).write(MODEL_OUTPUTS, WEEK, rows).to_pylist():
            assert tuple(row[name] for name in columns) == values


def test_a_failed_call_keeps_its_row_with_the_reason_and_no_number(tmp_path: Path) -> None:
    rows = rows_of(EXAMPLES, refused)
    for row in Warehouse(str(tmp_path)).write(MODEL_OUTPUTS, WEEK, rows).to_pylist():
        assert (row["error"], row["called_late"], row["replayed"]) == ("m: 500", True, False)
        unknown = ("output", "finish_reason", "latency_ms", "input_tokens", "output_tokens", "cost_usd")
        assert [row[name] for name in unknown] == [None] * 6


def test_two_examples_that_ask_the_same_share_one_call_and_keep_two_rows() -> None:
    twins = [Example(prompt="Why?", feature="f", reference=reference).row("v1") for reference in ("A.", "B.")]
    (_,) = {call.key for _, call in generation_calls(twins, models("a"), occasion=WEEK, due=DUE)}
    rows = rows_of(twins, answered)
    assert [row["example_id"] for row in rows] == [twin["example_id"] for twin in twins]
