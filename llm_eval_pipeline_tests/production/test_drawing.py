from __future__ import annotations

import hashlib
import random
from statistics import mean, stdev

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.drawing import Request, draw
from llm_eval_pipeline.production.seats import Stratum, design_effect

COUNTS = st.dictionaries(
    st.tuples(st.sampled_from("ab"), st.sampled_from("xy"), st.sampled_from(["liked", "disliked", "none"])),
    st.integers(1, 60),
    min_size=1,
)


def requests_of(counts: dict[Stratum, int], seed: int = 0, wrong: frozenset[int] = frozenset()) -> list[Request]:
    made = []
    for stratum, count in counts.items():
        for number in range(count):
            trace_id = f"{'-'.join(stratum)}-{number}"
            place = hashlib.blake2b(f"{seed}:{trace_id}".encode(), digest_size=8).hexdigest()
            made.append(Request(trace_id=trace_id, stratum=stratum, draw=place, wrong=number in wrong))
    return made


@given(counts=COUNTS, size=st.integers(1, 80), data=st.data())
def test_weights_sum_to_all_and_the_order_of_requests_does_not_matter(
    counts: dict[Stratum, int], size: int, data: st.DataObject
) -> None:
    requests = requests_of(counts, wrong=frozenset({0, 3}))
    drawn = draw(requests, counts, size)
    assert len(drawn) <= size
    assert len({one.request.trace_id for one in drawn}) == len(drawn)
    assert sum(one.weight or 0 for one in drawn) == pytest.approx(sum(counts.values()))
    assert draw(data.draw(st.permutations(requests)), counts, size) == drawn


@settings(max_examples=50)
@given(counts=COUNTS)
def test_every_stratum_has_a_seat_where_there_are_enough(counts: dict[Stratum, int]) -> None:
    drawn = draw(requests_of(counts), counts, len(counts))
    assert {one.request.stratum for one in drawn} == set(counts)


def test_the_first_of_each_stratum_are_enough_to_draw_from() -> None:
    counts = {("a", "x", "none"): 500, ("b", "x", "none"): 30}
    requests = requests_of(counts)
    held = [
        request
        for stratum in counts
        for request in sorted((r for r in requests if r.stratum == stratum), key=lambda r: r.draw)[:40]
    ]
    assert draw(held, counts, 40) == draw(requests, counts, 40)


@given(counts=COUNTS, data=st.data())
def test_a_late_request_takes_the_place_of_one_other_at_most(counts: dict[Stratum, int], data: st.DataObject) -> None:
    everything = sum(counts.values())
    assume(len(counts) <= everything // 4)
    size = data.draw(st.integers(len(counts), everything // 4))
    grown = data.draw(st.sampled_from(sorted(counts)))
    more = counts | {grown: counts[grown] + 1}
    before = {one.request.trace_id for one in draw(requests_of(counts), counts, size)}
    after = {one.request.trace_id for one in draw(requests_of(more), more, size)}
    assert len(before - after) <= 1


@given(counts=COUNTS, size=st.integers(1, 80), wanted=st.integers(1, 100))
def test_estimates_get_what_they_want_or_all_but_what_went_wrong(
    counts: dict[Stratum, int], size: int, wanted: int
) -> None:
    drawn = draw(requests_of(counts, wrong=frozenset(range(60))), counts, size, wanted)
    weights = [one.weight for one in drawn if one.weight is not None]
    assert len(drawn) <= size
    assert sum(weights) == pytest.approx(sum(counts.values()))
    enough = len(weights) / design_effect(weights) >= wanted - 1e-9
    assert enough or len(weights) == sum(counts.values()) or len(weights) >= size - max(1, size // 10)


def test_those_that_went_wrong_get_the_room_that_estimates_leave() -> None:
    counts = {("a", "x", "none"): 1000}
    requests = requests_of(counts, wrong=frozenset(range(500)))

    def added(wanted: int | None) -> tuple[int, int]:
        drawn = draw(requests, counts, 100, wanted)
        return sum(one.weight is not None for one in drawn), sum(one.weight is None for one in drawn)

    assert added(None) == (50, 50)
    assert added(20) == (20, 10)  # half as many as are drawn
    assert added(80) == (80, 20)
    assert added(99) == (90, 10)  # a tenth, whatever estimates want


def test_with_fewer_seats_than_strata_feedback_is_given_up_before_the_model() -> None:
    counts = {(model, "x", feedback): 10 for model in "ab" for feedback in ("liked", "disliked", "none")}
    drawn = draw(requests_of(counts), counts, 4)
    assert {one.request.stratum[0] for one in drawn} == {"a", "b"}
    assert [one.weight for one in drawn] == [15.0] * 4  # 30 requests of each model, 2 seats


def test_estimates_are_unbiased_over_many_draws() -> None:
    # a small stratum of disliked requests scores 0.2, the others about 0.8: without weights the mean would be too low
    chance = random.Random(1)
    counts = {("a", "x", "none"): 900, ("a", "x", "disliked"): 12, ("b", "y", "none"): 88}
    scores = {r.trace_id: 0.2 if r.stratum[2] == "disliked" else chance.gauss(0.8, 0.1) for r in requests_of(counts)}
    true = mean(scores.values())
    estimates, rates = [], []
    for seed in range(400):
        drawn = [one for one in draw(requests_of(counts, seed), counts, 60) if one.weight is not None]
        whole = sum(one.weight for one in drawn)
        estimates.append(sum(one.weight * scores[one.request.trace_id] for one in drawn) / whole)
        rates.append(sum(one.weight for one in drawn if scores[one.request.trace_id] < 0.5) / whole)
    assert abs(mean(estimates) - true) < 3 * stdev(estimates) / 20  # 3 standard errors of 400 draws
    assert mean(rates) == pytest.approx(12 / 1000)  # the stratum has a seat in every draw, and its weight is its size
