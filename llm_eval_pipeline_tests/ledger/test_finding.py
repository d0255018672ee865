import asyncio
import gc
import threading

import pytest

from llm_eval_pipeline.ledger.finding import Finder


class Slow:
    """A ledger that answers every key with itself, once it is let."""

    def __init__(self):
        self.queries = []
        self.let = threading.Event()

    def lookup(self, keys):
        self.queries.append(list(keys))
        assert self.let.wait(30)
        return {key: key.upper() for key in keys}


def test_what_is_asked_for_while_a_query_runs_is_the_next_query():
    async def scenario():
        ledger = Slow()
        finder = Finder(ledger)
        first = asyncio.create_task(finder.find(["a"]))
        while not ledger.queries:
            await asyncio.sleep(0.001)
        rest = [asyncio.create_task(finder.find([key, "x"])) for key in "bcd"]
        await asyncio.sleep(0)
        ledger.let.set()
        found = [await one for one in (first, *rest)]
        assert [there[key] for there, key in zip(found, "abcd", strict=True)] == list("ABCD")
        return ledger.queries

    assert asyncio.run(scenario()) == [["a"], ["b", "x", "c", "x", "d", "x"]]


def test_an_error_reaches_everybody_who_asked_and_nobody_after():
    class Broken(Slow):
        def lookup(self, keys):
            if "bad" in keys:
                raise OSError("the disk is gone")
            return {}

    async def scenario():
        finder = Finder(Broken())
        results = await asyncio.gather(finder.find(["bad"]), finder.find(["good"]), return_exceptions=True)
        assert [str(error) for error in results] == ["the disk is gone"] * 2
        return await finder.find(["good"])

    assert asyncio.run(scenario()) == {}


def test_who_gives_up_leaves_the_others_their_answer():
    async def scenario():
        ledger = Slow()
        finder = Finder(ledger)
        one, other = (asyncio.create_task(finder.find([key])) for key in "ab")
        await asyncio.sleep(0)
        one.cancel()
        ledger.let.set()
        with pytest.raises(asyncio.CancelledError):
            await one
        return (await other)["b"]

    assert asyncio.run(scenario()) == "B"


def test_an_error_that_nobody_waits_for_any_more_makes_no_noise():
    class Broken(Slow):
        def lookup(self, keys):
            super().lookup(keys)
            raise OSError("the disk is gone")

    async def scenario():
        ledger, said = Broken(), []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: said.append(context["message"]))
        finder = Finder(ledger)
        only = asyncio.create_task(finder.find(["a"]))
        await asyncio.sleep(0.01)
        only.cancel()
        with pytest.raises(asyncio.CancelledError):
            await only
        ledger.let.set()
        await asyncio.sleep(0.05)
        del finder
        gc.collect()
        return said

    assert asyncio.run(scenario()) == []
