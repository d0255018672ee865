import asyncio
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
            limit.answered()
            if limit.limit >= 5:
                return answers
        return None

    # 4 + 1/4 + 1/4.25 + 1/4.49 + 1/4.71 = 4.92, and the fifth answer makes it 5.12
    assert run(scenario) == 5


def test_after_a_stray_refusal_each_answer_gives_a_place_back():
    limit = AdaptiveLimit(64)

    async def scenario():
        for _ in range(20):
            limit.answered()
        limit.throttled(10, now())
        assert limit.limit == 32
        for _ in range(8):
            limit.answered()
        async with limit.slot() as began:
            return now() - began

    assert run(scenario) < 1  # and nobody waits for the one call's sake
    assert limit.limit == 40


def test_when_most_are_refused_everybody_waits():
    limit = AdaptiveLimit(64)

    async def scenario():
        for _ in range(16):
            limit.answered()
        refused_at = now()
        while limit.limit > 1:
            limit.throttled(0.05, now())
        # 6 halvings in a row, and 1 - (15/16)^6 = 0.32 of the last were refused: still open
        async with limit.slot() as began:
            assert began - refused_at < 0.05
        for _ in range(6):
            limit.throttled(0.05, refused_at)
        # 1 - (15/16)^12 = 0.54: closed
        async with limit.slot() as began:
            return began - refused_at

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
            limit.answered()

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
            limit.answered()
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
