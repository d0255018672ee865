import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatResponse
from llm_eval_pipeline.ledger.calls import Answer
from llm_eval_pipeline.ledger.exchanges import Extra, Going, asked, labelled, together
from llm_eval_pipeline.ledger.plan import OverBudgetError, Plan
from llm_eval_pipeline_tests.ledger.scripted import SOON, LateFinding, ScriptedModel, call, ruled


def saying(output):
    response = ChatResponse(output=output, model_resolved="m", finish_reason="stop", usage=None, latency_ms=1.0)
    return Answer(
        key="k", response=response, error=None, called_at=SOON, cost_usd=None, called_late=False, replayed=False
    )


def pardon(_call, answer):
    return call(f"pardon: {answer.response.output}") if answer.response.output == "mumble" else None


def test_a_call_is_asked_and_its_answer_is_the_result():
    going = Going(asked(call("a"), pardon))
    assert (going.asks, going.ended) == ((call("a"),), False)
    going.go_on([saying("clear")])
    assert (going.asks, going.ended, going.result) == ((), True, saying("clear"))


def test_a_follow_up_is_extra_and_the_last_answer_counts():
    going = Going(asked(call("a"), pardon))
    going.go_on([saying("mumble")])
    assert going.asks == (Extra(call("pardon: mumble")),)
    going.go_on([saying("mumble")])
    going.go_on([saying("clear")])
    assert going.result == saying("clear")


def test_a_follow_up_that_was_not_made_leaves_the_answer_that_there_is():
    going = Going(asked(call("a"), pardon))
    going.go_on([saying("mumble")])
    going.go_on([None])
    assert going.result == saying("mumble")


def test_what_is_together_asks_at_the_same_time_and_goes_on_in_step():
    going = Going(together(asked(call(name), pardon) for name in "abc"))
    assert going.asks == [call("a"), call("b"), call("c")]
    going.go_on([saying("1"), saying("mumble"), saying("3")])
    assert going.asks == [Extra(call("pardon: mumble"))]
    going.go_on([saying("2")])
    assert [answer.response.output for answer in going.result] == ["1", "2", "3"]


def test_nothing_together_ends_at_once():
    going = Going(together([]))
    assert (going.ended, going.result) == (True, [])


def question_and_verdict(question):
    answer = yield from asked(question)
    verdict = call(f"is it good: {answer.response.output}", purpose="judge", provider="judging")
    one, other = yield from together([asked(verdict), asked(replace(verdict, repetition=1))])
    return answer.response.output, one.response.output, other.response.output


class Judging(ScriptedModel):
    provider = "judging"


def test_the_calls_of_an_exchange_go_to_the_client_of_their_purpose(asker, clock):
    model, judge = ScriptedModel(clock), Judging(clock)
    clients = {"generation": model, "judge": judge}
    for _ in range(2):  # the second time from the ledger
        exchanges = (labelled(name, question_and_verdict(call(name))) for name in "ab")
        found = dict(ruled(asker, concurrency=1).stream(exchanges, clients, Plan()))
        assert [outputs[0] for outputs in found.values()] == ["answer 1", "answer 2"]
        assert {output for outputs in found.values() for output in outputs[1:]} == {f"answer {n}" for n in range(1, 5)}
    assert [len(client.asked) for client in (model, judge)] == [2, 4]


def test_a_later_call_that_is_under_way_already_is_not_made_twice(asker, clock):
    model, judge = ScriptedModel(clock), Judging(clock)

    def judged(question):
        yield from asked(question)
        return (yield from asked(call("the same for all", purpose="judge", provider="judging")))

    exchanges = (judged(call(str(number))) for number in range(5))
    answers = list(ruled(asker, concurrency=5).stream(exchanges, {"generation": model, "judge": judge}, Plan()))
    assert {answer.response.output for answer in answers} == {"answer 1"}
    assert [len(client.asked) for client in (model, judge)] == [5, 1]


def test_an_error_in_the_middle_of_an_exchange_is_raised(asker, model):
    def broken():
        yield from asked(call())
        raise KeyError("no such rubric")

    with pytest.raises(KeyError, match="no such rubric"):
        list(asker.stream([broken()], {"generation": model}, Plan()))


def test_a_call_that_answers_lead_to_at_different_times_is_made_once(asker, clock, ledger):
    class Uneven(ScriptedModel):
        async def complete(self, request):
            await asyncio.sleep(0.004 * int(request.messages[0].content))
            return await super().complete(request)

    model, judge = Uneven(clock), Judging(clock)

    def judged(question):
        yield from asked(question)
        return (yield from asked(call("the same for all", purpose="judge", provider="judging")))

    late = replace(ruled(asker, concurrency=20), ledger=LateFinding(ledger.url))
    exchanges = (judged(call(str(number))) for number in range(20))
    list(late.stream(exchanges, {"generation": model, "judge": judge}, Plan()))
    late.ledger.close()
    assert [len(client.asked) for client in (model, judge)] == [20, 1]


def test_extra_calls_that_are_the_same_are_paid_for_once(asker, clock):
    model = ScriptedModel(clock)

    def again(asked_call, _answer):
        return None if asked_call.label == "example the same" else call("the same")

    # 8 characters or fewer are 2 tokens, 10 more may be answered: 0.12 each; there is room for one beside the three
    calls = [call(name) for name in ("a-prompt", "b-prompt", "c-prompt")]
    rich = ruled(asker, budget_usd=Decimal("0.48"), concurrency=3)
    exchanges = (asked(one, again) for one in calls)
    outputs = {
        answer.response.output for answer in rich.stream(exchanges, {"generation": model}, rich.plan(calls, model))
    }
    assert (outputs, len(model.asked)) == ({"answer 4"}, 4)


def test_what_costs_more_than_was_planned_is_not_asked_and_the_rest_is_kept(asker, clock, ledger):
    model = ScriptedModel(clock)
    calls = [call(name) for name in ("a-prompt", "b-prompt", "c-prompt")]
    poor = ruled(asker, budget_usd=Decimal("0.30"), concurrency=1)
    with pytest.raises(OverBudgetError, match=r"1 calls were not made, the first for example c-prompt.* 0\.30 USD"):
        list(poor.stream((asked(one) for one in calls), {"generation": model}, Plan()))
    assert (len(model.asked), ledger.count()) == (2, 2)


def test_what_failed_for_good_is_not_asked_again_by_another_exchange(asker, clock):
    judge = Judging(clock, *[ChatError("the judge is gone")] * 20)
    model = ScriptedModel(clock)

    def judged(question):
        yield from asked(question)
        return (yield from asked(call("the same for all", purpose="judge", provider="judging")))

    calls = [call(str(number)) for number in range(10)]
    rich = ruled(asker, budget_usd=Decimal("1000"), concurrency=1)
    clients = {"generation": model, "judge": judge}
    answers = list(rich.stream((judged(one) for one in calls), clients, rich.plan(calls, model)))
    assert {answer.error for answer in answers} == {"the judge is gone"}
    assert len(judge.asked) == 1
