import asyncio
import subprocess
import sys
import threading

import pytest

from llm_eval_pipeline.ledger.from_thread import AHEAD, items_from_thread


def test_what_is_put_comes_in_order_from_another_thread():
    async def produce(put):
        for number in range(20):
            await put((number, threading.current_thread()))

    items = list(items_from_thread(produce))
    assert [number for number, _ in items] == list(range(20))
    assert threading.current_thread() not in {thread for _, thread in items}


def test_an_exception_is_raised_after_what_was_put_before():
    async def produce(put):
        await put(1)
        raise KeyError("gone")

    items = items_from_thread(produce)
    assert next(items) == 1
    with pytest.raises(KeyError, match="gone"):
        next(items)


def test_nothing_runs_before_the_first_item_is_wanted():
    ran = []

    async def produce(put):
        ran.append(1)
        await put(1)

    items = items_from_thread(produce)
    assert ran == []
    assert (list(items), ran) == ([1], [1])


def test_a_reader_that_takes_its_time_holds_up_what_is_put_and_not_the_loop():
    put_by_then = []

    async def produce(put):
        for number in range(AHEAD + 10):
            await put(number)
            put_by_then.append(number)

    items = items_from_thread(produce)
    assert next(items) == 0
    for _ in range(100):
        if len(put_by_then) >= AHEAD + 1:
            break
        threading.Event().wait(0.01)
    threading.Event().wait(0.05)
    assert len(put_by_then) <= AHEAD + 1
    assert list(items) == list(range(1, AHEAD + 10))


def test_who_stops_reading_cancels_the_coroutine_and_waits_for_its_end():
    ended = []

    async def produce(put):
        try:
            await put(1)
            await asyncio.sleep(60)
        finally:
            ended.append(1)

    items = items_from_thread(produce)
    assert next(items) == 1
    items.close()
    assert ended == [1]


def test_who_stops_reading_after_the_end_gets_no_error():
    async def produce(put):
        await put(1)

    items = items_from_thread(produce)
    assert next(items) == 1
    threading.Event().wait(0.2)
    items.close()


def test_a_stream_that_is_read_in_part_and_kept_does_not_hold_up_the_end():
    script = """
from llm_eval_pipeline.ledger.from_thread import items_from_thread

async def produce(put):
    for number in range(1000):
        await put(number)

kept = items_from_thread(produce)
print(next(kept))
"""
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "0\n")
