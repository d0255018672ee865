from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llm_eval_pipeline.clients.chat import ChatRequest, Message
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.plan import OverBudgetError, Plan, PlanLine, Planner, refuse_over_budget

NOW = datetime(2026, 4, 6, tzinfo=UTC)


def call(*contents, model="priced", **params):
    messages = tuple(Message(role="user", content=content) for content in contents)
    request = ChatRequest(model=model, messages=messages, params=params)
    return Call(request=request, provider="p", purpose="generation", occasion="o", label="example 1")


def price(model, usage, _at):
    """A cent for a token of input, a dollar for one of output."""
    return Decimal("0.01") * usage.input_tokens + usage.output_tokens if model == "priced" else None


def plan(*missing, replayed=(), price=price):
    planner = Planner(price, NOW)
    planner.count(replayed=replayed, missing=missing)
    return planner.plan


def planned(cost_usd="0", unpriced=()):
    priced = PlanLine(purpose="generation", model="m", calls=3, cost_usd=Decimal(cost_usd))
    return Plan(lines=(priced, *(PlanLine(purpose="judge", model=m, calls=1, cost_usd=None) for m in unpriced)))


def test_nothing_missing_costs_nothing():
    assert (plan().calls, plan().cost_usd, plan().lines) == (0, 0, ())


def test_input_is_told_by_its_length_and_output_by_the_most_allowed():
    (line,) = plan(call("12345", "6789", max_tokens=7), call("1", max_tokens=2)).lines
    # 9 characters are 2.25 tokens, so 3; one character is a token begun: 4 x 0.01 + (7 + 2) x 1
    assert (line.calls, line.input_tokens, line.output_tokens) == (2, 4, 9)
    assert line.cost_usd == Decimal("9.04")


def test_output_without_a_limit_is_reckoned_at_1024_tokens():
    assert plan(call("1234")).cost_usd == Decimal("1024.01")


def test_a_script_of_many_bytes_has_more_tokens_than_a_quarter_of_its_characters():
    (line,) = plan(call("日本語で答えて", max_tokens=1)).lines
    # 7 characters of 3 bytes: (7 + 2 · 14) / 4 = 8.75, so 9
    assert line.input_tokens == 9


def test_models_without_a_price_are_named_and_count_as_calls_only():
    found = plan(call("1234", max_tokens=1), call(model="z"), call(model="b"), call(model="z"))
    assert (found.calls, found.unpriced_models, found.cost_usd) == (4, ("b", "z"), Decimal("1.01"))


def test_it_tells_purposes_and_models_apart_and_what_the_ledger_answers():
    judged = replace(call("12345678", max_tokens=1), purpose="judge")
    found = plan(call("1234", max_tokens=1), judged, replayed=[judged, judged])
    assert [(line.purpose, line.calls, line.replayed, line.cost_usd) for line in found.lines] == [
        ("generation", 1, 0, Decimal("1.01")),
        ("judge", 1, 2, Decimal("1.02")),
    ]
    assert str(found) == "2 calls to make (up to 2.0300 USD), 2 in the ledger"


def test_what_is_only_replayed_needs_no_price():
    assert plan(replayed=[call(model="unknown")]).unpriced_models == ()


def test_plans_add():
    both = plan(call("1234", max_tokens=1)) + plan(replace(call(model="z"), purpose="judge"))
    assert (both.calls, both.cost_usd, both.unpriced_models) == (2, Decimal("1.01"), ("z",))


def test_prices_are_asked_for_the_time_of_the_plan():
    asked = []
    plan(call("1234"), price=lambda model, usage, at: asked.append((model, at)))
    assert asked == [("priced", NOW)]


@pytest.mark.parametrize(("cost", "budget"), [("1.00", 1), ("0", 0)])
def test_the_whole_budget_may_be_spent_and_free_calls_need_none(cost, budget):
    assert refuse_over_budget(planned(cost), Decimal(budget)) is None


def test_more_than_the_budget_is_refused_with_both_amounts():
    with pytest.raises(OverBudgetError, match=r"3 calls .*1\.0001 USD, over the budget of 1 USD"):
        refuse_over_budget(planned("1.0001"), Decimal(1))


def test_a_cost_that_nobody_can_tell_is_refused():
    with pytest.raises(
        OverBudgetError, match=r"a budget of 100 USD is set, but there is no price for b, z: .*prices\.yaml"
    ):
        refuse_over_budget(planned(unpriced=("b", "z")), Decimal(100))
