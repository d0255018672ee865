import asyncio
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa

from llm_eval_pipeline.clients.chat import (
    ChatError,
    TokenUsage,
)
from llm_eval_pipeline.ledger.barring import MissingAnswerError
from llm_eval_pipeline.ledger.plan import OverBudgetError
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.ledger.tables import REPLAYS
from llm_eval_pipeline_tests.ledger.scripted import (
    LATE,
    SOON,
    ScriptedModel,
    call,
    failures,
    no_price,
    only,
    ruled,
)


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
    with pytest.raises(OverBudgetError, match="no price for m"):
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


def test_what_was_replayed_is_noted(asker, model, ledger):
    asker.ask([call("a"), call("b")], model)
    asker.ask([call("a"), call("b"), call("c")], model)
    engine = sa.create_engine(ledger.url)
    with engine.connect() as connection:
        (row,) = connection.execute(sa.select(REPLAYS)).mappings()
    engine.dispose()
    # (2 + 1) and (2 + 2) tokens at 0.01
    assert (row["model"], row["purpose"], row["calls"], row["saved_usd"]) == ("m", "generation", 2, "0.07")
