from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.distributions import Distribution, add
from llm_eval_pipeline.production.grid import EXACT, RELATIVE_ERROR, cell, compressed, merged, on_grid
from llm_eval_pipeline.production.landing import LandingReport
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.profiles import profile_day, profile_days, week_distribution, week_profiles
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, lay, span, trace

Land = Callable[[], LandingReport]
NEXT = "2026-03-31"
SIZES = st.floats(min_value=1e-9, max_value=1e9)


def profile(values: list[float]) -> dict:
    distinct, counts = compressed(*merged(np.array(values, np.float64), np.ones(len(values), np.int64)))
    return {"values": distinct.tolist(), "counts": counts.tolist(), "n": len(values), "n_missing": 0}


def same(one: Distribution, two: Distribution) -> bool:
    return one.values.tobytes() == two.values.tobytes() and one.counts.tobytes() == two.counts.tobytes()


@given(SIZES)
def test_a_cell_holds_its_values_and_stands_for_them_within_the_bound(value: float) -> None:
    index, standing = int(cell(np.array([value]))[0]), float(on_grid(np.array([value]))[0])
    assert 2 ** ((index - 1) / 256) * (1 - 1e-12) <= value <= 2 ** (index / 256) * (1 + 1e-12)
    assert abs(standing - value) <= RELATIVE_ERROR * value * (1 + 1e-9)
    assert cell(np.array([standing]))[0] == index


def test_powers_of_two_close_their_cell() -> None:
    # index = ceil(log2(v) * 256): 1 -> 0, 2 -> 256, 4 -> 512, and the next number above 1 opens cell 1
    assert cell(np.array([1.0, 2.0, 4.0, math.nextafter(1.0, 2.0)])).tolist() == [0, 256, 512, 1]
    assert on_grid(np.array([0.0, -3.0])).tolist() == [0.0, -float(on_grid(np.array([3.0]))[0])]


def test_what_is_not_finite_has_no_cell() -> None:
    with pytest.raises(ValueError, match="finite"):
        on_grid(np.array([1.0, math.nan]))


def test_few_values_are_exact_and_many_are_gridded_but_for_the_frequent() -> None:
    rng = np.random.default_rng(1)
    few = rng.lognormal(size=EXACT).tolist()
    assert profile(few)["values"] == sorted(few)
    many = profile([*rng.lognormal(size=5000).tolist(), *[1.0] * 500])
    assert len(many["values"]) < 2000
    assert many["counts"][many["values"].index(1.0)] == 500
    assert sum(many["counts"]) == 5500


@settings(deadline=None, max_examples=60)
@given(
    days=st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([0, 3, 400, 900])), min_size=1, max_size=7),
    data=st.data(),
)
def test_profiles_add_in_any_order_and_grouping_to_the_bit(days: list[tuple[int, int]], data: st.DataObject) -> None:
    profiles = [profile(np.random.default_rng(seed).lognormal(3, 2, size).tolist()) for seed, size in days]
    shuffled = data.draw(st.permutations(profiles))
    cut = data.draw(st.integers(0, len(profiles)))
    parts = [add(shuffled[:cut]), add(shuffled[cut:])]
    regrouped = add([{"values": p.values, "counts": p.counts, "n_missing": p.n_missing} for p in parts])
    assert same(add(profiles), regrouped)
    assert add(profiles).n == sum(size for _, size in days)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.sampled_from([1, 100, 2000]), min_size=1, max_size=7))
def test_a_weeks_quantiles_are_within_the_bound_of_the_exact_ones(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    days = [rng.lognormal(5, 1.5, size).tolist() for size in sizes]
    week, exact = add(profile(day) for day in days), np.sort(np.concatenate(days))
    for share in (0.0, 0.25, 0.5, 0.95, 0.99, 1.0):
        true = exact[max(1, math.ceil(share * len(exact))) - 1]
        found = week.quantile(share)
        assert found is not None
        assert abs(found - true) <= RELATIVE_ERROR * true * (1 + 1e-9)


def test_nothing_has_no_mean_and_no_quantile() -> None:
    assert add([]).mean() is None
    assert add([]).quantile(0.5) is None
    with pytest.raises(ValueError, match="share"):
        add([]).quantile(95)


@pytest.fixture
def week(landing: Path, warehouse: Warehouse, landed: Land) -> Warehouse:
    lay(
        landing,
        f"{DAY}.jsonl",
        trace("t1", ms=100, llm_eval__feedback_score=1.0),
        trace("t2", ms=200, model="m-2", feature="chat", llm_eval__feedback_score=0.2),
        trace("t3", ms=400, model="free-1", feature="chat"),
    )
    failed = span("t4", "pipeline", at=f"{NEXT}T09:00:00", ms=50, error__type="Timeout", gen_ai__agent__name="a")
    lay(landing, f"{NEXT}.jsonl", trace("t5", ms=100, at=f"{NEXT}T08:00:00"), [failed])
    landed()
    compile_days([DAY, NEXT], warehouse)
    profiles = profile_days([DAY, NEXT], warehouse)
    assert profiles == {day: profile_day(warehouse.read(PRODUCTION_TRACES, day)) for day in (DAY, NEXT)}
    return warehouse


def cells(found: Distribution) -> dict[float, int]:
    return dict(zip(found.values.tolist(), found.counts.tolist(), strict=True))


def test_a_weeks_metrics(week: Warehouse) -> None:
    profiles = week_profiles(week, DAY)
    assert profiles.missing_days == ("2026-04-01", "2026-04-02", "2026-04-03", "2026-04-04", "2026-04-05")
    assert cells(profiles.distribution("requests")) == {1: 5}
    assert cells(profiles.distribution("latency_ms")) == {50: 1, 100: 2, 200: 1, 400: 1}
    assert cells(profiles.distribution("error_rate")) == {0: 4, 1: 1}
    feedback = profiles.distribution("feedback")
    assert (cells(feedback), feedback.n_missing) == ({0: 1, 1: 1}, 3)
    cost = profiles.distribution("cost_usd")
    assert (cells(cost), cost.n_missing) == ({0.000015: 3}, 2)  # the unpriced and the failed one have none
    assert cells(profiles.distribution("input_tokens")) == {10: 4}
    assert profiles.distribution("time_to_first_token_ms").n_missing == 4


def test_slices_of_a_week(week: Warehouse) -> None:
    assert cells(week_distribution(week, DAY, "latency_ms", model="m-1")) == {100: 2}
    assert cells(week_distribution(week, DAY, "latency_ms", feature="chat")) == {200: 1, 400: 1}
    assert week_distribution(week, DAY, "latency_ms", model="m-1", feature="chat").n == 0
    assert ("unknown", "unknown") in week_profiles(week, DAY).slices()


def test_profiles_of_a_day_are_the_same_each_time(week: Warehouse) -> None:
    path = Path(week.path(TRACE_PROFILES, DAY))
    before = path.read_bytes()
    profile_days([DAY], week)
    assert path.read_bytes() == before


def test_what_is_not_there_is_said(week: Warehouse) -> None:
    with pytest.raises(ValueError, match="unknown metric 'latency'"):
        week_distribution(week, DAY, "latency")
    with pytest.raises(MissingPartitionError, match="2026-04-06"):
        week_profiles(week, "2026-04-06")


def test_every_metric_is_profiled(week: Warehouse) -> None:
    metrics = {row["metric"] for row in week.read(TRACE_PROFILES, DAY).to_pylist()}
    assert metrics == set(PRODUCTION_METRICS)


def test_a_request_counts_under_the_model_of_its_last_call(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    first = span("t1", "route", parent="pipeline", at=f"{DAY}T12:00:01", gen_ai__operation__name="chat")
    first["attributes"] += [{"key": "gen_ai.request.model", "value": {"stringValue": "router"}}]
    last = trace("t1", at=f"{DAY}T12:00:02", model="m-9")
    last[0]["startTimeUnixNano"] = first["startTimeUnixNano"]
    lay(landing, f"{DAY}.jsonl", [*last, first])
    landed()
    compile_days([DAY], warehouse)
    profile_days([DAY], warehouse)
    rows = warehouse.read(TRACE_PROFILES, DAY).to_pylist()
    assert [row["model"] for row in rows if row["metric"] == "latency_ms"] == ["m-9"]
    assert {row["model"] for row in rows if row["metric"] == "output_tokens"} == {"m-9", "router"}
