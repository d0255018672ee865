import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Message,
    RetryLaterError,
    TokenUsage,
)
from llm_eval_pipeline.clients.clock import FakeClock, system_clock
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline.ledger.answering import BATCH
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.barring import MissingAnswerError
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.plan import OverBudgetError
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.ledger.tables import FAILURES, REPLAYS
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer

WEEK = "2026-03-30"
DUE = datetime(2026, 4, 6, tzinfo=UTC)
"""The end of the week."""
SOON = DUE + timedelta(hours=6)
LATE = DUE + timedelta(days=7)


class ScriptedModel:
    """Answers each call with the next outcome, and with its own number when the script is over.

    The clock moves on by a minute with each call.
    """

    provider = "scripted"

    def __init__(self, clock, *outcomes, dated=False):
        self.dated = dated
        self.asked = []
        self._clock = clock
        self._outcomes = list(outcomes)

    async def complete(self, request):
        self.asked.append(request)
        self._clock.advance(timedelta(minutes=1))
        outcome = self._outcomes.pop(0) if self._outcomes else None
        if outcome is not None:
            raise outcome
        number = len(self.asked)
        return ChatResponse(
            output=f"answer {number}",
            model_resolved=request.model,
            finish_reason="stop",
            usage=TokenUsage(input_tokens=2, output_tokens=number),
            latency_ms=100.0 * number,
        )


def call(prompt="what?", **changes):
    request = ChatRequest(model="m", messages=(Message(role="user", content=prompt),), params={"max_tokens": 10})
    whole = Call(
        request=request,
        provider="scripted",
        purpose="generation",
        occasion=WEEK,
        label=f"example {prompt}",
        due=DUE,
    )
    return replace(whole, **changes)


def cent_per_token(_model, usage, _at):
    return Decimal("0.01") * (usage.input_tokens + usage.output_tokens)


def no_price(_model, _usage, _at):
    return None


@pytest.fixture
def clock():
    return FakeClock(SOON)


@pytest.fixture
def ledger(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    yield ledger
    ledger.close()


@pytest.fixture
def model(clock):
    return ScriptedModel(clock)


@pytest.fixture
def asker(ledger, clock):
    return Asker(
        ledger=ledger, price=cent_per_token, rules=AskingRules(clock=clock, concurrency=1, attempts=3, backoff_s=0.001)
    )


def ruled(asker, **rules):
    return replace(asker, rules=replace(asker.rules, **rules))


def only(answers):
    (answer,) = answers.values()
    return answer


def failures(ledger):
    engine = sa.create_engine(ledger.url)
    with engine.connect() as connection:
        rows = list(connection.execute(sa.select(FAILURES)).mappings())
    engine.dispose()
    return rows


def test_a_call_is_made_once_and_its_repeat_tells_of_the_first(asker, model, clock):
    first = only(asker.ask([call()], model))
    clock.advance(timedelta(days=2))
    again = only(asker.ask([call()], model))

    assert len(model.asked) == 1
    assert first.response.output == "answer 1"
    assert first.response.latency_ms == 100.0
    assert first.cost_usd == Decimal("0.03")  # (2 + 1) tokens at 0.01
    assert first.called_at == SOON
    assert again == replace(first, replayed=True)


def test_a_later_process_replays_too(asker, model, ledger):
    first = only(asker.ask([call()], model))
    reopened = Ledger(ledger.url)
    again = only(replace(asker, ledger=reopened).ask([call()], model))
    reopened.close()
    assert (again.response, len(model.asked)) == (first.response, 1)


def test_the_same_call_twice_in_one_asking_is_made_once(asker, model):
    answers = asker.ask([call(label="example 1"), call(label="example 2")], model)
    assert (len(answers), len(model.asked)) == (1, 1)


def test_only_what_is_missing_is_asked(asker, model):
    asker.ask([call("a"), call("b")], model)
    answers = asker.ask([call("a"), call("b"), call("c")], model)
    assert [request.messages[0].content for request in model.asked] == ["a", "b", "c"]
    assert sorted(answer.replayed for answer in answers.values()) == [False, True, True]


def test_another_occasion_asks_again(asker, model):
    asker.ask([call(occasion="2026-03-30")], model)
    asker.ask([call(occasion="2026-04-06")], model)
    assert len(model.asked) == 2


@pytest.mark.parametrize(
    "changed",
    [
        call(provider="other"),
        call(occasion="2026-04-06"),
        call(repetition=1),
        call("what else?"),
        call(request=replace(call().request, model="n")),
        call(request=replace(call().request, params={"max_tokens": 11})),
        call(request=replace(call().request, messages=(Message(role="system", content="what?"),))),
    ],
)
def test_what_makes_it_another_call(changed):
    assert changed.key != call().key


@pytest.mark.parametrize(
    "changed",
    [
        call(label="example 2"),
        call(purpose="judge"),
        call(feature="search"),
        call(due=None),
        call(request=replace(call().request, as_of=SOON)),
    ],
)
def test_what_leaves_it_the_same_call(changed):
    assert changed.key == call().key


def test_the_order_of_parameters_makes_no_other_call():
    ways = [{"max_tokens": 10, "top_p": 1}, {"top_p": 1, "max_tokens": 10}]
    one, other = (call(request=replace(call().request, params=params)).key for params in ways)
    assert one == other


def test_replay_mode_asks_nobody_and_names_the_example(asker, model):
    with pytest.raises(
        MissingAnswerError, match=r"1 answers are missing.* example b \(2026-03-30\).*LLM_EVAL_MODE=live"
    ):
        ruled(asker, mode="replay").ask([call("b")], model)
    assert model.asked == []


def test_replay_mode_answers_what_the_ledger_holds(asker, model):
    asker.ask([call()], model)
    assert only(ruled(asker, mode="replay").ask([call()], model)).replayed


def test_replay_mode_names_what_is_missing_and_not_what_is_there(asker, model):
    asker.ask([call("there")], model)
    with pytest.raises(MissingAnswerError, match="example gone") as raised:
        ruled(asker, mode="replay").ask([call("there"), call("gone")], model)
    assert "example there" not in str(raised.value)


def test_a_week_may_be_asked_about_until_seven_days_after_it_ended(asker, model, clock):
    clock.now = LATE - timedelta(seconds=1)
    assert not only(asker.ask([call()], model)).called_late


def test_a_week_that_ended_long_ago_is_refused(asker, model, clock):
    clock.now = LATE
    with pytest.raises(MissingAnswerError, match=r"2026-03-30 ended long ago.*LLM_EVAL_ALLOW_LATE=true"):
        asker.ask([call()], model)
    assert model.asked == []


def test_a_week_that_ended_long_ago_is_replayed_all_the_same(asker, model, clock):
    asker.ask([call()], model)
    clock.now = LATE + timedelta(days=365)
    again = only(asker.ask([call()], model))
    assert (again.replayed, again.called_late) == (True, False)


def test_late_calls_that_were_allowed_are_marked_and_stay_marked(asker, model, clock):
    clock.now = LATE
    assert only(ruled(asker, allow_late=True).ask([call()], model)).called_late
    assert only(asker.ask([call()], model)).called_late


def test_a_model_that_is_a_function_of_the_date_may_be_asked_at_any_time(asker, clock):
    clock.now = LATE
    answer = only(asker.ask([call()], ScriptedModel(clock, dated=True)))
    assert answer.response.output == "answer 1"


def test_what_has_no_window_is_never_late(asker, model, clock):
    clock.now = LATE
    assert not only(asker.ask([call(occasion="candidate", due=None)], model)).called_late


def test_a_failure_is_recorded_with_its_reason_and_never_replayed(asker, clock, ledger):
    model = ScriptedModel(clock, ChatError("m: the endpoint answered 400: too long"))
    failed = only(asker.ask([call()], model))
    assert (failed.response, failed.cost_usd) == (None, None)
    assert failed.error == "m: the endpoint answered 400: too long"
    assert [(row["label"], row["error"]) for row in failures(ledger)] == [("example what?", failed.error)]
    assert ledger.count() == 0

    again = only(asker.ask([call()], model))
    assert (again.response.output, again.error, again.replayed) == ("answer 2", None, False)


def test_a_failure_that_may_not_be_tried_again_is_handed_on(asker, clock):
    failed = only(asker.ask([call()], ScriptedModel(clock, ChatError("too long"))))
    asker.ask([call("fine")], ScriptedModel(clock))
    clock.now = LATE
    for rules in ({}, {"mode": "replay"}):
        model = ScriptedModel(clock)
        answers = ruled(asker, **rules).ask([call(), call("fine")], model)
        assert answers[call().key] == replace(failed, replayed=True)
        assert answers[call("fine").key].response.output == "answer 1"
        assert model.asked == []


def test_a_failure_of_a_late_call_stays_late(asker, clock):
    clock.now = LATE
    ruled(asker, allow_late=True).ask([call()], ScriptedModel(clock, ChatError("too long")))
    assert only(asker.ask([call()], ScriptedModel(clock))).called_late


def test_what_was_never_asked_is_refused_beside_a_recorded_failure(asker, clock):
    asker.ask([call("failed")], ScriptedModel(clock, ChatError("too long")))
    clock.now = LATE
    with pytest.raises(MissingAnswerError, match=r"^1 answers are missing .* example gone "):
        asker.ask([call("failed"), call("gone")], ScriptedModel(clock))


@pytest.mark.parametrize(("rules", "dated"), [({"allow_late": True}, False), ({}, True)])
def test_a_late_call_that_failed_is_made_again_when_it_may_be(asker, clock, rules, dated):
    asker.ask([call()], ScriptedModel(clock, ChatError("too long")))
    clock.now = LATE
    model = ScriptedModel(clock, dated=dated)
    assert only(ruled(asker, **rules).ask([call()], model)).response.output == "answer 1"


def test_beside_a_late_failure_the_calls_in_time_are_made(asker, clock):
    asker.ask([call()], ScriptedModel(clock, ChatError("too long")))
    clock.now = LATE
    now = call("now", occasion="2026-04-06", due=LATE)
    answers = asker.ask([call(), now], ScriptedModel(clock))
    assert (answers[call().key].error, answers[now.key].response.output) == ("too long", "answer 1")


def test_what_failed_for_good_is_not_tried_again(asker, clock):
    model = ScriptedModel(clock, ChatError("no"))
    asker.ask([call()], model)
    assert len(model.asked) == 1


def test_one_failure_leaves_the_other_answers(asker, clock):
    model = ScriptedModel(clock, ChatError("no"))
    calls = {prompt: call(prompt) for prompt in "abc"}
    answers = asker.ask(list(calls.values()), model)
    assert {prompt: answers[one.key].error for prompt, one in calls.items()} == {"a": "no", "b": None, "c": None}


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


def test_over_the_budget_nobody_is_asked(asker, model):
    calls = [call("12345678"), call("abcdefgh"), call("ABCDEFGH")]
    # 8 characters are 2 tokens, 10 more may be answered: 3 calls x 12 tokens x 0.01 = 0.36
    with pytest.raises(OverBudgetError, match=r"3 calls .* up to 0\.3600 USD, over the budget of 0\.35 USD"):
        ruled(asker, budget_usd=Decimal("0.35")).ask(calls, model)
    assert model.asked == []
    assert len(ruled(asker, budget_usd=Decimal("0.36")).ask(calls, model)) == 3


def test_what_is_replayed_takes_nothing_from_the_budget(asker, model):
    asker.ask([call("12345678"), call("abcdefgh")], model)
    answers = ruled(asker, budget_usd=Decimal("0.12")).ask([call("12345678"), call("abcdefgh"), call("new")], model)
    assert len(answers) == 3


def test_a_model_without_a_price_and_a_budget_do_not_go_together(asker, model):
    asker = ruled(replace(asker, price=no_price), budget_usd=Decimal(1000))
    with pytest.raises(OverBudgetError, match="m has no price"):
        asker.ask([call()], model)
    assert model.asked == []


def test_the_cost_of_a_model_without_a_price_is_unknown_and_stays_so(asker, model):
    asker = replace(asker, price=no_price)
    assert only(asker.ask([call()], model)).cost_usd is None
    assert only(asker.ask([call()], model)).cost_usd is None


def test_an_answer_is_durable_before_the_next_call(asker, clock, ledger):
    stored = []

    class Watching(ScriptedModel):
        async def complete(self, request):
            stored.append(ledger.count())
            return await super().complete(request)

    asker.ask([call(prompt) for prompt in "abcd"], Watching(clock))
    assert stored == [0, 1, 2, 3]


def test_what_cannot_be_stored_is_not_handed_on(asker, model, ledger):
    class Full(Ledger):
        def append(self, calls):
            raise OSError("no space left on the device")

    full = Full(ledger.url)
    with pytest.raises(OSError, match="no space left"):
        replace(asker, ledger=full).ask([call("a"), call("b")], model)
    assert full.count() == 0
    full.close()


def test_when_another_process_was_first_its_answer_is_the_one_that_counts(asker, clock, ledger):
    other = ScriptedModel(clock)

    class Slower(ScriptedModel):
        async def complete(self, request):
            await asyncio.to_thread(asker.ask, [call()], other)
            answer = await super().complete(request)
            return replace(answer, output="the slower one's answer")

    answer = only(asker.ask([call()], Slower(clock)))
    assert answer.response.output == "answer 1"
    assert only(asker.ask([call()], other)).response == answer.response
    assert ledger.count() == 1


def test_an_answer_whose_tokens_nobody_counted_has_no_cost_and_is_no_failure(asker, clock):
    class Uncounted(ScriptedModel):
        async def complete(self, request):
            return replace(await super().complete(request), usage=None)

    answer = only(asker.ask([call()], Uncounted(clock)))
    assert (answer.response.output, answer.cost_usd, answer.error) == ("answer 1", None, None)


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


def test_an_answer_that_no_ledger_can_hold_is_a_failure_and_takes_no_other_with_it(asker, clock):
    class Huge(ScriptedModel):
        async def complete(self, request):
            response = await super().complete(request)
            huge = TokenUsage(input_tokens=1, output_tokens=10**30)
            return replace(response, usage=huge) if request.messages[0].content == "huge" else response

    calls = {prompt: call(prompt) for prompt in ("a", "huge", "b")}
    answers = ruled(replace(asker, price=no_price), concurrency=3).ask(list(calls.values()), Huge(clock))
    assert "the answer cannot be stored: TypeError" in answers[calls["huge"].key].error
    assert [answers[calls[prompt].key].error for prompt in "ab"] == [None, None]


def test_a_reason_that_no_file_can_hold_is_kept_as_far_as_it_can_be(asker, clock, ledger):
    answer = only(asker.ask([call()], ScriptedModel(clock, ChatError("caf\udce9 \x00"))))
    assert answer.error == "caf\udce9 \x00"
    assert ledger.failures([call().key])[call().key].error == "caf\ufffd \ufffd"


def test_of_many_errors_the_first_is_raised(asker, clock):
    def broken(_call, _answer):
        raise KeyError("no such rubric")

    calls = [call(str(number)) for number in range(20)]
    with pytest.raises(KeyError, match="no such rubric"):
        streamed(ruled(asker, concurrency=20), ScriptedModel(clock), calls, broken)


def test_two_askings_with_one_client_are_refused_by_a_sentence(asker):
    with ReplayServer(lambda model, prompt: prompt) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))

        def both():
            wanted = [(n, call(str(n), provider=client.provider)) for n in range(2 * BATCH)]
            outer = ruled(asker, concurrency=4).stream(lambda: iter(wanted), client)
            next(outer)
            try:
                asker.ask([call("within", provider=client.provider)], client)
            finally:
                outer.close()

        with pytest.raises(RuntimeError, match="one client serves one asking at a time"):
            both()


def test_refusals_are_no_failed_attempts(asker, clock):
    busy = [RetryLaterError("busy", retry_after_s=0, throttled=True) for _ in range(5)]
    assert only(asker.ask([call()], ScriptedModel(clock, *busy))).response.output == "answer 6"


def test_refusals_come_to_an_end(asker, clock, ledger):
    busy = [RetryLaterError("busy", retry_after_s=0, throttled=True) for _ in range(4)]
    assert only(ruled(asker, refusals=4).ask([call()], ScriptedModel(clock, *busy))).error == "busy (refused 4 times)"
    assert len(failures(ledger)) == 1


def streamed(asker, client, calls, follow_up=None):
    wanted = [(number, one) for number, one in enumerate(calls)]
    return [asked for batch in asker.stream(lambda: iter(wanted), client, follow_up) for asked in batch]


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

    asked = streamed(ruled(asker, concurrency=2), Uneven(), [call("slow"), None, call("quick")])
    assert [(one.subject, one.answer and one.answer.response.output) for one in asked] == [
        (0, "slow"),
        (1, None),
        (2, "quick"),
    ]


def test_a_follow_up_is_asked_once_and_its_answer_takes_the_first_ones_place(asker, model):
    def again(asked, answer):
        return call("pardon?") if asked.request.messages[0].content == "what?" and answer.response else None

    for _ in range(2):
        (asked,) = streamed(asker, model, [call()], again)
        assert (asked.call, asked.answer.response.output) == (call(), "answer 2")
    assert len(model.asked) == 2


def test_a_follow_up_is_made_only_from_what_the_budget_leaves(asker, model):
    def again(asked, answer):
        return call("pardon?") if asked.request.messages[0].content != "pardon?" else None

    # "what?" is 2 tokens and "pardon?" too, 10 more may be answered: 0.12 each
    for budget, calls in (("0.23", 1), ("0.24", 2)):
        model.asked.clear()
        (asked,) = streamed(ruled(asker, budget_usd=Decimal(budget)), model, [call(occasion=budget)], again)
        assert len(model.asked) == calls
        assert asked.answer.response.output == f"answer {calls}"


def test_a_follow_up_that_may_not_be_made_is_refused_by_name(asker, model):
    asker.ask([call()], model)
    with pytest.raises(MissingAnswerError, match="example pardon"):
        streamed(
            ruled(asker, mode="replay"),
            model,
            [call()],
            lambda asked, _: None if asked.label == "example pardon?" else call("pardon?"),
        )


def test_more_calls_than_are_held_at_once_all_come_back(asker):
    class Echo:
        provider, dated = "echo", False

        async def complete(self, request):
            return ChatResponse(
                output=request.messages[0].content,
                model_resolved="m",
                finish_reason="stop",
                usage=TokenUsage(input_tokens=1, output_tokens=1),
                latency_ms=1.0,
            )

    prompts = [f"question {i % 900}" for i in range(1100)]  # the last 200 are asked twice
    asked = streamed(ruled(asker, concurrency=8), Echo(), [call(prompt) for prompt in prompts])
    assert [one.answer.response.output for one in asked] == prompts
    assert asker.ledger.count() == 900


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

    calls = [(i, call(str(i))) for i in range(3 * BATCH)]
    stream = ruled(asker, concurrency=8).stream(lambda: iter(calls), EndlessAtLast())
    assert [one.subject for one in next(stream)] == list(range(BATCH))
    started = system_clock()
    stream.close()
    assert system_clock() - started < timedelta(seconds=30)
    assert asker.ledger.count() == BATCH


def test_a_lone_surrogate_in_an_answer_is_stored_as_what_cannot_be_shown(asker, clock):
    class Odd(ScriptedModel):
        async def complete(self, request):
            return replace(await super().complete(request), output="a\ud800b \U0001f600")

    assert only(asker.ask([call()], Odd(clock))).response.output == "a\ufffdb \U0001f600"
    assert only(asker.ask([call()], Odd(clock))).response.output == "a\ufffdb \U0001f600"


def test_what_was_replayed_is_noted(asker, model, ledger):
    asker.ask([call("a"), call("b")], model)
    asker.ask([call("a"), call("b"), call("c")], model)
    engine = sa.create_engine(ledger.url)
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(REPLAYS)).mappings()
    engine.dispose()
    # (2 + 1) and (2 + 2) tokens at 0.01
    assert (row["model"], row["purpose"], row["calls"], row["saved_usd"]) == ("m", "generation", 2, "0.07")


def test_one_client_serves_one_asking_after_the_other(asker):
    with ReplayServer(lambda model, prompt: prompt) as server:
        client = OpenAICompatibleClient(server.base_url, SecretStr(""))
        for prompt in "ab":
            assert only(asker.ask([call(prompt, provider=client.provider)], client)).response.output == prompt
