from dataclasses import replace

import pytest

from llm_eval_pipeline.clients.chat import ChatResponse
from llm_eval_pipeline.ledger.calls import Answer
from llm_eval_pipeline.ledger.exchanges import Extra, Going, asked, labelled, together
from llm_eval_pipeline.ledger.plan import Plan
from llm_eval_pipeline_tests.ledger.scripted import SOON, ScriptedModel, call, ruled


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


def test_what_is_together_asks_at_the_same_time_and_each_goes_on_by_itself():
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
