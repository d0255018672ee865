import asyncio
from contextlib import AsyncExitStack
from itertools import count

import pytest

from llm_eval_pipeline.ledger.concurrency import AdaptiveLimit


def run(scenario):
    return asyncio.run(scenario())


def now():
    return asyncio.get_running_loop().time()


def test_no_more_than_the_limit_hold_a_place():
    limit, most = AdaptiveLimit(3), 0

    async def work():
        nonlocal most
        async with limit.slot():
            most = max(most, limit.under_way)
            await asyncio.sleep(0)

    async def scenario():
        await asyncio.gather(*(work() for _ in range(10)))

    run(scenario)
    assert (most, limit.under_way) == (3, 0)


def test_a_call_that_raises_gives_its_place_back():
    limit = AdaptiveLimit(1)

    async def scenario():
        for _ in range(2):
            with pytest.raises(ValueError, match="broken"):
                async with limit.slot():
                    raise ValueError("broken")

    run(scenario)
    assert limit.under_way == 0


def test_each_refusal_of_a_new_call_halves_down_to_one():
    limit, seen = AdaptiveLimit(8), []

    async def scenario():
        for _ in range(4):
            async with limit.slot() as began:
                pass
            limit.throttled(0, began)
            seen.append(limit.limit)

    run(scenario)
    assert seen == [4, 2, 1, 1]


@pytest.mark.parametrize("wait_s", [0, 0.01])
def test_refusals_of_calls_that_were_under_way_together_halve_once(wait_s):
    limit = AdaptiveLimit(8)
    together = asyncio.Barrier(8)

    async def work(number):
        async with limit.slot() as began:
            await together.wait()
            await asyncio.sleep(0.001 * number)
        limit.throttled(wait_s, began)

    async def scenario():
        await asyncio.gather(*(work(number) for number in range(8)))

    run(scenario)
    assert limit.limit == 4


def test_fewer_run_after_a_refusal():
    limit, most = AdaptiveLimit(8), 0

    async def work():
        nonlocal most
        async with limit.slot():
            most = max(most, limit.under_way)
            await asyncio.sleep(0)

    async def scenario():
        limit.throttled(0, now())
        await asyncio.gather(*(work() for _ in range(20)))

    run(scenario)
    assert most == 4


def test_after_many_refusals_a_round_of_answers_adds_a_place():
    limit = AdaptiveLimit(8)

    async def scenario():
        together = now()
        for _ in range(8):
            limit.throttled(0, together)
        assert limit.limit == 4
        for answers in count(1):
            limit.answered(now())
            if limit.limit >= 5:
                return answers
        return None

    # 4 + 1/4 + 1/4.25 + 1/4.49 + 1/4.71 = 4.92, and the fifth answer makes it 5.12
    assert run(scenario) == 5


def test_after_a_stray_refusal_each_answer_gives_a_place_back():
    limit = AdaptiveLimit(64)

    async def scenario():
        for _ in range(20):
            limit.answered(now())
        limit.throttled(10, now())
        assert limit.limit == 32
        for _ in range(8):
            limit.answered(now())
        async with limit.slot() as began:
            return now() - began

    assert run(scenario) < 1  # and nobody waits for the one call's sake
    assert limit.limit == 40


def test_strays_that_come_before_any_answer_hold_up_nobody():
    limit = AdaptiveLimit(8)

    async def scenario():
        together = asyncio.Barrier(9)

        async def work():
            async with limit.slot():
                await together.wait()

        others = [asyncio.create_task(work()) for _ in range(6)]
        await asyncio.sleep(0)
        async with limit.slot() as began, limit.slot():  # of 8 that began together, two are refused at once
            limit.throttled(30, began)
            limit.throttled(30, began)
        assert limit.limit == 4
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        async with limit.slot() as began:
            return now() - began

    assert run(scenario) < 1


def test_one_level_is_halved_once_until_it_has_been_tried():
    limit = AdaptiveLimit(64)

    async def scenario():
        async with AsyncExitStack() as held:
            for _ in range(20):
                await held.enter_async_context(limit.slot())
            limit.throttled(0, now())
            for _ in range(5):
                limit.throttled(0, now())
            assert limit.limit == 32
            limit.answered(now())
            limit.throttled(0, now())
            return limit.limit

    assert run(scenario) == (32 + 1 / 32) / 2  # after so many refusals an answer gives little back


def test_when_as_many_are_refused_in_a_row_as_are_under_way_everybody_waits():
    limit = AdaptiveLimit(64)

    async def scenario():
        async with AsyncExitStack() as held:
            for _ in range(4):
                began = await held.enter_async_context(limit.slot())
            for _ in range(3):
                limit.throttled(0.05, began)
            async with limit.slot() as still_open:
                assert still_open - began < 0.05
            refused_at = now()
            limit.throttled(0.05, began)
        async with limit.slot() as later:
            return later - refused_at

    assert run(scenario) >= 0.05


def test_who_is_cancelled_while_waiting_takes_no_place():
    limit = AdaptiveLimit(1)

    async def enter():
        async with limit.slot():
            pass

    async def scenario():
        async with limit.slot():
            waiting = [asyncio.create_task(enter()) for _ in range(2)]
            await asyncio.sleep(0)
            waiting[0].cancel()
        # the place is handed to the second while the first is gone
        await asyncio.wait_for(waiting[1], 1)
        return limit.under_way

    assert run(scenario) == 0


def test_it_never_grows_over_the_most():
    limit = AdaptiveLimit(2)

    async def scenario():
        for _ in range(10):
            limit.answered(now())

    run(scenario)
    assert limit.limit == 2


def test_growth_lets_somebody_in_who_waits():
    limit, inside = AdaptiveLimit(2), []

    async def enter():
        async with limit.slot():
            inside.append(limit.under_way)

    async def scenario():
        limit.throttled(0, now())
        async with limit.slot():
            waiting = asyncio.create_task(enter())
            await asyncio.sleep(0.01)
            assert inside == []
            limit.answered(now())
            await asyncio.wait_for(waiting, 1)

    run(scenario)
    assert inside == [2]


def test_nobody_starts_during_the_pause():
    limit = AdaptiveLimit(4)

    async def scenario():
        refused_at = now()
        limit.throttled(0.05, refused_at)
        async with limit.slot() as began:
            return began - refused_at

    assert run(scenario) >= 0.05


def test_a_pause_that_grows_holds_those_who_wait_for_its_end_already():
    limit = AdaptiveLimit(4)

    async def wait():
        async with limit.slot() as began:
            return began

    async def scenario():
        limit.throttled(0.02, now())
        waiting = asyncio.create_task(wait())
        await asyncio.sleep(0.01)
        refused_at = now()
        limit.throttled(0.1, refused_at)
        return await waiting - refused_at

    assert run(scenario) >= 0.1


def test_a_call_that_is_made_again_goes_before_those_that_were_not_made_yet():
    limit, order = AdaptiveLimit(1), []

    async def work(name, again):
        async with limit.slot(again=again):
            order.append(name)

    async def scenario():
        async with limit.slot():
            tasks = [
                asyncio.create_task(work(name, name.startswith("again")))
                for name in ("first", "again 1", "second", "again 2")
            ]
            await asyncio.sleep(0)
        await asyncio.gather(*tasks)

    run(scenario)
    assert order == ["again 1", "again 2", "first", "second"]
