from dataclasses import replace
from datetime import timedelta

import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import (
    RetryLaterError,
)
from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline_tests.ledger.scripted import SOON, ScriptedModel, call, failures, only, ruled
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer


def test_what_may_succeed_later_is_tried_again_and_the_last_attempt_counts(asker, clock, ledger):
    model = ScriptedModel(clock, RetryLaterError("busy"), RetryLaterError("busy"))
    answer = only(asker.ask([call()], model))
    assert (answer.error, answer.response.output) == (None, "answer 3")
    assert answer.called_at == SOON + timedelta(minutes=2)
    assert failures(ledger) == []


def test_after_the_last_attempt_it_is_a_failure(asker, clock, ledger):
    model = ScriptedModel(clock, *[RetryLaterError("busy")] * 3)
    assert only(asker.ask([call()], model)).error == "busy (attempt 3 of 3)"
    assert (len(model.asked), len(failures(ledger))) == (3, 1)


def test_no_more_than_the_allowed_number_are_under_way(asker):
    with ReplayServer(lambda model, prompt: prompt.upper(), delay_s=0.01) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))
        calls = [call(f"question {i}", provider=client.provider) for i in range(20)]
        answers = ruled(asker, concurrency=4).ask(calls, client)
    assert answers[calls[7].key].response.output == "QUESTION 7"
    assert server.most_at_once == 4
    assert set(server.calls.values()) == {1}


def test_retry_after_is_obeyed_and_is_no_part_of_the_latency(asker):
    refusal = Failure(status=429, headers={"Retry-After": "0.15"})
    with ReplayServer({"what?": "this"}, failures=[refusal]) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))
        started = system_clock()
        answer = only(ruled(asker, clock=system_clock).ask([call(provider=client.provider, due=None)], client))
        took_ms = (system_clock() - started) / timedelta(milliseconds=1)
    assert server.calls == {"what?": 2}
    assert answer.called_at - started >= timedelta(seconds=0.15)
    assert answer.response.latency_ms <= took_ms - 150


def test_a_wait_longer_than_the_longest_is_a_failure_that_says_so(asker):
    refusal = Failure(status=503, headers={"Retry-After": "3600"})
    with ReplayServer({"what?": "this"}, failures=[refusal]) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))
        answer = only(asker.ask([call(provider=client.provider)], client))
    assert answer.error.endswith("(it asks to come back in 3600 s; the longest wait is 120 s)")
    assert server.calls == {"what?": 1}


def test_a_wait_that_nobody_is_ready_for_holds_up_no_other_call(asker, clock):
    closed = RetryLaterError("closed until tomorrow", retry_after_s=72_000, throttled=True)
    first, second = call("a"), call("b")
    started = system_clock()
    answers = asker.ask([first, second], ScriptedModel(clock, closed))
    assert "asks to come back in 72000 s" in answers[first.key].error
    assert answers[second.key].response.output == "answer 2"
    assert system_clock() - started < timedelta(seconds=30)


def test_refusals_are_no_failed_attempts(asker, clock):
    busy = [RetryLaterError("busy", retry_after_s=0, throttled=True) for _ in range(5)]
    assert only(asker.ask([call()], ScriptedModel(clock, *busy))).response.output == "answer 6"


def test_refusals_come_to_an_end(asker, clock, ledger):
    busy = [RetryLaterError("busy", retry_after_s=0, throttled=True) for _ in range(4)]
    assert only(ruled(asker, refusals=4).ask([call()], ScriptedModel(clock, *busy))).error == "busy (refused 4 times)"
    assert len(failures(ledger)) == 1


@pytest.mark.parametrize(
    "odd",
    [
        {"usage": {"input_tokens": 1}},
        {"output": None},
        {"latency_ms": float("nan")},
        {"finish_reason": 3},
    ],
)
def test_an_answer_that_is_none_is_a_failure_and_takes_no_other_with_it(asker, clock, odd):
    class Odd(ScriptedModel):
        async def complete(self, request):
            response = await super().complete(request)
            return replace(response, **odd) if request.messages[0].content == "odd" else response

    calls = {prompt: call(prompt) for prompt in ("a", "odd", "b")}
    answers = asker.ask(list(calls.values()), Odd(clock))
    assert "the answer is no ChatResponse" in answers[calls["odd"].key].error
    assert [answers[calls[prompt].key].error for prompt in "ab"] == [None, None]
    assert len(list(asker.ledger.spending())) == 2


def test_a_lone_surrogate_in_an_answer_is_stored_as_what_cannot_be_shown(asker, clock):
    class Odd(ScriptedModel):
        async def complete(self, request):
            return replace(await super().complete(request), output="a\ud800b \U0001f600")

    assert only(asker.ask([call()], Odd(clock))).response.output == "a\ufffdb \U0001f600"
    assert only(asker.ask([call()], Odd(clock))).response.output == "a\ufffdb \U0001f600"
