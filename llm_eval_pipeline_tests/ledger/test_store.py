import random
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import sqlalchemy as sa

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, Message, TokenUsage
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.engine import LedgerError
from llm_eval_pipeline.ledger.store import Failure, Ledger

NOON = datetime(2026, 4, 6, 12, tzinfo=UTC)
USAGE = TokenUsage(input_tokens=9, output_tokens=5, cached_input_tokens=3, cache_write_tokens=2, reasoning_tokens=1)


@pytest.fixture
def ledger(url):
    ledger = Ledger(url)
    yield ledger
    ledger.close()


def answered(prompt="what?", *, occasion="2026-03-30", called_at=NOON, output="this", cost_usd="0.000000000001"):
    call = Call(
        request=ChatRequest(model="m/large", messages=(Message(role="user", content=prompt),)),
        provider="p",
        purpose="generation",
        occasion=occasion,
        label=f"example {prompt}",
        feature="search",
    )
    answer = Answer(
        key=call.key,
        response=ChatResponse(
            output=output,
            model_resolved="m/large-2026",
            finish_reason="stop",
            usage=USAGE,
            latency_ms=12.345678,
            system_fingerprint="fp",
        ),
        error=None,
        called_at=called_at,
        cost_usd=None if cost_usd is None else Decimal(cost_usd),
        called_late=True,
        replayed=False,
    )
    return call, answer


def failed(prompt="what?"):
    call, answer = answered(prompt)
    return call, replace(answer, response=None, error="no", cost_usd=None)


def test_an_answer_comes_back_as_it_was_but_for_being_replayed(ledger):
    call, answer = answered(output="ünïcode \N{SNOWMAN}\nand\x00all")
    ledger.append([(call, answer)])
    assert ledger.lookup([call.key]) == {call.key: replace(answer, replayed=True)}


def test_a_cost_that_nobody_knows_comes_back_unknown(ledger):
    call, answer = answered(cost_usd=None)
    ledger.append([(call, answer)])
    assert ledger.lookup([call.key])[call.key].cost_usd is None


def test_tokens_that_nobody_counted_come_back_unknown_and_a_first_token_with_its_time(ledger):
    call, answer = answered(cost_usd=None)
    answer = replace(answer, response=replace(answer.response, usage=None, time_to_first_token_ms=4.5))
    ledger.append([(call, answer)])
    assert ledger.lookup([call.key])[call.key].response == answer.response


def test_what_was_stored_is_there_after_opening_again(ledger, url):
    call, answer = answered()
    ledger.append([(call, answer)])
    ledger.close()
    again = Ledger(url)
    assert again.lookup([call.key])[call.key].response == answer.response
    again.close()


def test_what_it_does_not_hold_is_left_out(ledger):
    assert ledger.lookup(["0" * 64]) == {}
    assert ledger.lookup([]) == {}


def test_many_keys_are_looked_up_at_once(ledger):
    many = [answered(f"question {i}") for i in range(1203)]
    ledger.append(many)
    found = ledger.lookup(call.key for call, _ in many)
    assert (len(found), ledger.count()) == (1203, 1203)


def test_a_stored_answer_is_never_replaced(ledger):
    call, first = answered(output="first")
    _, second = answered(output="second")
    ledger.append([(call, first)])
    ledger.append([(call, second)])
    assert ledger.lookup([call.key])[call.key].response.output == "first"
    assert ledger.count() == 1


def test_whoever_comes_second_is_told_which_answer_stands(ledger, url):
    call, first = answered(output="first")
    other = Ledger(url)
    other.append([(call, first)])
    other.close()
    new, third = answered("new")
    standing = ledger.append([(call, answered(output="second")[1]), (new, third)])
    assert {key: answer.response.output for key, answer in standing.items()} == {call.key: "first", new.key: "this"}


def test_whoever_comes_first_gets_its_own_answer_back(ledger):
    call, answer = answered()
    other, failure = failed("other")
    assert ledger.append([(call, answer), (other, failure)]) == {call.key: answer, other.key: failure}


def test_a_failure_is_no_answer(ledger):
    call, failure = failed()
    ledger.append([(call, failure)])
    assert (ledger.lookup([call.key]), ledger.count(), list(ledger.spending())) == ({}, 0, [])


def test_the_newest_failure_of_each_key_is_told(ledger):
    call, failure = failed()
    other, _ = answered("other")
    later = NOON + timedelta(hours=1)
    ledger.append([(call, failure)])
    ledger.append([(call, replace(failure, error="again no", called_at=later))])
    assert ledger.failures([call.key, other.key]) == {call.key: Failure(error="again no", called_at=later)}
    assert ledger.failures([]) == {}


def test_a_batch_is_stored_whole_or_not_at_all(ledger):
    call, answer = answered("good")
    other, nameless = failed("bad")
    with pytest.raises(sa.exc.IntegrityError, match=r"(?i)not.null constraint"):
        ledger.append([(call, answer), (other, replace(nameless, error=None))])
    assert ledger.count() == 0


def test_spending_is_told_in_the_order_of_calling(ledger):
    late = answered("b", called_at=NOON + timedelta(seconds=1))
    soon = answered("a", called_at=NOON, cost_usd=None)
    between = answered("c", called_at=NOON + timedelta(microseconds=1))
    ledger.append([late, soon, between])
    told = list(ledger.spending())
    assert [row["called_at"] - NOON for row in told] == [
        timedelta(0),
        timedelta(microseconds=1),
        timedelta(seconds=1),
    ]
    assert [row["cost_usd"] for row in told] == [None, Decimal("1e-12"), Decimal("1e-12")]
    assert {(row["model"], row["feature"], row["purpose"]) for row in told} == {("m/large", "search", "generation")}
    assert told[0]["usage"] == USAGE


def test_times_of_other_zones_are_ordered_as_instants(ledger):
    east = timezone(timedelta(hours=9))
    ledger.append(
        [answered("later", called_at=NOON), answered("sooner", called_at=datetime(2026, 4, 6, 20, tzinfo=east))]
    )
    assert [row["called_at"].hour for row in ledger.spending()] == [11, 12]


def test_spending_can_be_told_of_some_occasions(ledger):
    ledger.append([answered(occasion=week) for week in ("2026-03-30", "2026-04-06", "2026-04-13")])
    assert len(list(ledger.spending(["2026-03-30", "2026-04-13"]))) == 2
    assert list(ledger.spending([])) == []


def test_spending_also_takes_the_occasions_of_a_prefix_within_a_span_of_time(ledger):
    end, day = NOON + timedelta(days=7), timedelta(days=1)
    made = {
        "2026-03-30": NOON + 30 * day,  # an occasion that is named counts whenever it was asked
        "reevaluate/before": NOON - timedelta(microseconds=1),
        "reevaluate/first": NOON,
        "reevaluate/last": end - timedelta(microseconds=1),
        "reevaluate/after": end,
        "other/within": NOON + day,
    }
    ledger.append([answered(occasion=occasion, called_at=at) for occasion, at in made.items()])
    told = [row["called_at"] for row in ledger.spending(["2026-03-30"], also=("reevaluate/", NOON, end))]
    assert told == [made["reevaluate/first"], made["reevaluate/last"], made["2026-03-30"]]


@pytest.mark.parametrize("attempt", range(8))
def test_several_may_open_a_new_ledger_at_once(url, attempt):
    together, opened = threading.Barrier(4), []

    def open_and_append(number):
        together.wait()
        ledger = Ledger(url)
        ledger.append([answered("shared"), answered(f"own {number}")])
        opened.append(ledger)

    threads = [threading.Thread(target=open_and_append, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [ledger.count() for ledger in opened] == [5] * 4
    for ledger in opened:
        ledger.close()


def test_a_reason_may_hold_what_a_database_cannot(ledger):
    call, failure = failed()
    ledger.append([(call, replace(failure, error="broken \x00 body"))])
    assert ledger.failures([call.key])[call.key].error == "broken \ufffd body"


def test_known_keys_are_those_with_an_answer(ledger):
    call, answer = answered("there")
    other, failure = failed("failed")
    ledger.append([(call, answer), (other, failure)])
    assert ledger.known([call.key, other.key, "0" * 64]) == {call.key}


def test_writers_of_the_same_calls_never_wait_for_each_other(url):
    many = [answered(f"question {number}") for number in range(64)]
    ledgers, together, failed = [Ledger(url) for _ in range(2)], threading.Barrier(2), []

    def append(ledger, seed):
        shuffled = random.Random(seed)
        for _ in range(20):
            together.wait()
            try:
                ledger.append(shuffled.sample(many, len(many)))
            except sa.exc.SQLAlchemyError as error:
                failed.append(error)

    threads = [threading.Thread(target=append, args=(ledger, seed)) for seed, ledger in enumerate(ledgers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (failed, ledgers[0].count()) == ([], 64)
    for ledger in ledgers:
        ledger.close()


@pytest.mark.parametrize("address", ["sqlite://", "sqlite:///:memory:"])
def test_a_ledger_in_memory_is_refused(address):
    with pytest.raises(LedgerError, match="would forget what was paid for"):
        Ledger(address)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://user:hunter2/db",
        "postgresql+psycopg://user:hunter2@nohost.invalid@127.0.0.1:1/db",
        "postgresql+psycopg://user:hunter2@127.0.0.1:1/db",
    ],
)
def test_a_ledger_that_cannot_be_reached_is_told_without_its_password(address):
    with pytest.raises(LedgerError, match="postgresql") as raised:
        Ledger(address)
    assert "hunter2" not in str(raised.value)
    assert raised.value.__suppress_context__


@pytest.mark.parametrize("address", ["nonsense", "postgres://user:hunter2@host/db", "mysql://user:hunter2@host/db"])
def test_an_address_that_is_none_is_refused_without_its_password(address):
    with pytest.raises(LedgerError, match="sqlite") as raised:
        Ledger(address)
    assert "hunter2" not in str(raised.value)
