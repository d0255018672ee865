import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import islice

import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import (
    ChatResponse,
    TokenUsage,
)
from llm_eval_pipeline.clients.clock import system_clock
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline.ledger.answering import BATCH
from llm_eval_pipeline.ledger.barring import MissingAnswerError
from llm_eval_pipeline.ledger.exchanges import asked, labelled, together
from llm_eval_pipeline.ledger.plan import Plan
from llm_eval_pipeline_tests.ledger.scripted import (
    LateFinding,
    ScriptedModel,
    call,
    only,
    ruled,
)
from llm_eval_pipeline_tests.replay_server import ReplayServer


def streamed(asker, client, calls, follow_up=None):
    exchanges = (labelled(number, asked(one, follow_up)) for number, one in enumerate(calls))
    return list(asker.stream(exchanges, {"generation": client}, asker.plan(calls, client)))


def test_of_many_errors_the_first_is_raised(asker, clock):
    broke = []

    def broken(asked, _answer):
        broke.append(asked.label)
        raise KeyError(f"no rubric for {asked.label}")

    calls = [call(str(number)) for number in range(20)]
    with pytest.raises(KeyError) as raised:
        streamed(ruled(asker, concurrency=20), ScriptedModel(clock), calls, broken)
    assert raised.value.args == (f"no rubric for {broke[0]}",)


def test_two_askings_with_one_client_are_refused_by_a_sentence(asker):
    with ReplayServer(lambda model, prompt: prompt) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))

        def both():
            wanted = (asked(call(str(n), provider=client.provider)) for n in range(2 * BATCH))
            outer = ruled(asker, concurrency=4).stream(wanted, {"generation": client}, Plan())
            next(outer)
            try:
                asker.ask([call("within", provider=client.provider)], client)
            finally:
                outer.close()

        with pytest.raises(RuntimeError, match="one client serves one asking at a time"):
            both()


def test_answers_come_in_the_order_in_which_they_were_wanted(asker):
    delays = {"slow": 0.05, "quick": 0.0}

    class Uneven:
        provider, dated = "uneven", False

        async def complete(self, request):
            await asyncio.sleep(delays[request.messages[0].content])
            return ChatResponse(
                output=request.messages[0].content,
                model_resolved="m",
                finish_reason="stop",
                usage=TokenUsage(input_tokens=1, output_tokens=1),
                latency_ms=1.0,
            )

    answers = streamed(ruled(asker, concurrency=2), Uneven(), [call("slow"), call("quick")])
    assert [(number, answer.response.output) for number, answer in answers] == [(0, "slow"), (1, "quick")]


def test_a_follow_up_is_asked_once_and_its_answer_takes_the_first_ones_place(asker, model):
    def again(asked, answer):
        return call("pardon?") if asked.request.messages[0].content == "what?" and answer.response else None

    for _ in range(2):
        ((_, answer),) = streamed(asker, model, [call()], again)
        assert answer.response.output == "answer 2"
    assert len(model.asked) == 2


def test_a_follow_up_is_made_only_from_what_the_budget_leaves(asker, model):
    def again(asked, answer):
        return call("pardon?") if asked.request.messages[0].content != "pardon?" else None

    # "what?" is 2 tokens and "pardon?" too, 10 more may be answered: 0.12 each
    for budget, calls in (("0.23", 1), ("0.24", 2)):
        model.asked.clear()
        ((_, answer),) = streamed(ruled(asker, budget_usd=Decimal(budget)), model, [call(occasion=budget)], again)
        assert len(model.asked) == calls
        assert answer.response.output == f"answer {calls}"


def test_a_follow_up_that_may_not_be_made_is_refused_by_name(asker, model):
    asker.ask([call()], model)
    with pytest.raises(MissingAnswerError, match="example pardon"):
        streamed(
            ruled(asker, mode="replay"),
            model,
            [call()],
            lambda asked, _: None if asked.label == "example pardon?" else call("pardon?"),
        )


def test_more_calls_than_are_held_at_once_all_come_back_and_none_is_made_twice(asker, ledger):
    made = Counter()

    class Echo:
        provider, dated = "echo", False

        async def complete(self, request):
            made[request.messages[0].content] += 1
            return ChatResponse(
                output=request.messages[0].content,
                model_resolved="m",
                finish_reason="stop",
                usage=TokenUsage(input_tokens=1, output_tokens=1),
                latency_ms=1.0,
            )

    prompts = [f"question {i % 900}" for i in range(1100)]  # the last 200 are asked twice
    late = replace(ruled(asker, concurrency=8), ledger=LateFinding(ledger.url))
    answers = streamed(late, Echo(), [call(prompt) for prompt in prompts])
    late.ledger.close()
    assert [answer.response.output for _, answer in answers] == prompts
    assert set(made.values()) == {1}
    assert (len(made), ledger.count()) == (900, 900)


def test_the_error_of_a_call_that_others_wait_for_is_the_one_that_is_raised(asker):
    class Failing:
        provider, dated = "failing", False

        async def complete(self, request):
            await asyncio.sleep(0.02)
            raise TypeError("the real error")

    def both():
        return (yield from together([asked(call("shared")), asked(call("other"))]))

    exchanges = [asked(call("shared")), both(), asked(call("shared"))]
    with pytest.raises(TypeError, match="the real error"):
        list(ruled(asker, concurrency=8).stream(exchanges, {"generation": Failing()}, Plan()))


def test_who_stops_reading_stops_the_asking(asker):
    class EndlessAtLast:
        provider, dated = "endless", False

        async def complete(self, request):
            await asyncio.sleep(0 if int(request.messages[0].content) < BATCH else 60)
            return ChatResponse(
                output="x",
                model_resolved="m",
                finish_reason="stop",
                usage=TokenUsage(input_tokens=1, output_tokens=1),
                latency_ms=1.0,
            )

    exchanges = (labelled(i, asked(call(str(i)))) for i in range(3 * BATCH))
    stream = ruled(asker, concurrency=8).stream(exchanges, {"generation": EndlessAtLast()}, Plan())
    assert [number for number, _ in islice(stream, BATCH)] == list(range(BATCH))
    started = system_clock()
    stream.close()
    assert system_clock() - started < timedelta(seconds=30)
    assert asker.ledger.count() == BATCH


def test_one_client_serves_one_asking_after_the_other(asker):
    with ReplayServer(lambda model, prompt: prompt) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))
        for prompt in "ab":
            assert only(asker.ask([call(prompt, provider=client.provider)], client)).response.output == prompt
