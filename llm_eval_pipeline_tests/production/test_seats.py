from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_eval_pipeline.production.seats import design_effect, fewest_seats, seats_of


@given(sizes=st.lists(st.integers(1, 12), min_size=1, max_size=3), data=st.data())
def test_no_other_seats_have_a_smaller_largest_weight(sizes: list[int], data: st.DataObject) -> None:
    seats = data.draw(st.integers(len(sizes), sum(sizes)))
    found = seats_of({(str(number),): size for number, size in enumerate(sizes)}, seats).values()
    others = [each for each in product(*(range(1, size + 1) for size in sizes)) if sum(each) == seats]
    assert tuple(found) in others
    heaviest = max(size / taken for size, taken in zip(sizes, found, strict=True))
    assert heaviest == min(max(size / taken for size, taken in zip(sizes, each, strict=True)) for each in others)


def test_every_stratum_has_a_seat_and_the_others_go_by_size() -> None:
    assert seats_of({("a",): 600, ("b",): 300, ("c",): 1}, 10) == {("a",): 6, ("b",): 3, ("c",): 1}


def test_unequal_weights_cost_rows() -> None:
    assert design_effect([2.0, 2.0, 2.0]) == 1.0
    assert design_effect([1.0, 3.0]) == pytest.approx(1.25)  # 2 · (1 + 9) / 16
    assert design_effect([]) == 1.0


def test_as_many_more_seats_are_needed_as_unequal_weights_cost() -> None:
    assert fewest_seats({("a",): 500, ("b",): 500}, 40, 100) == 40
    # with one seat for a stratum of 10, n others weigh 1000 / n and n + 1 seats are worth 1010² / (1000² / n + 10²):
    # n = 39 gives 39.6 and n = 40 gives 40.6
    assert fewest_seats({("a",): 1000, ("b",): 10}, 40, 100) == 41


def test_seats_end_where_there_is_no_more_room_and_begin_with_one_each() -> None:
    assert fewest_seats({("a",): 1000}, 500, 100) == 100
    assert fewest_seats({(name,): 10 for name in "abcdef"}, 2, 100) == 6
    assert fewest_seats({(name,): 10 for name in "abcdef"}, 2, 4) == 4
