from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.distributions import Distribution
from llm_eval_pipeline.production.grid import RELATIVE_ERROR, codes, standing
from llm_eval_pipeline.production.landing import LandingReport
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.profiles import profile_days
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES, TRACE_PROFILES, TRACE_SPEND
from llm_eval_pipeline.production.spend import week_spend
from llm_eval_pipeline.production.tally import EXACT, Tally
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.production.week_profiles import WeekProfiles, week_distribution, week_profiles
from llm_eval_pipeline.storage.warehouse import MissingPartitionError, Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, lay, span, trace

Land = Callable[[], LandingReport]
NEXT = "2026-03-31"
ONE = 256  # cells in an octave; the cell of 1 is 1023 octaves after that of the smallest number
SIZES = st.floats(min_value=1e-9, max_value=1e9)


def tallied(values: Sequence[float], parts: int = 1) -> tuple[list[float], list[int]]:
    """Values of one slice, counted in so many parts by tallies of their own."""
    whole = Tally()
    for part in np.array_split(np.array(values, np.float64), parts):
        other = Tally()
        other.add(np.zeros(len(part), np.int64), part)
        whole.absorb(other, [0])
    found = list(whole.profiles())
    return (found[0][1].tolist(), found[0][2].tolist()) if found else ([], [])


def profile(values: Sequence[float], **more: str) -> dict:
    distinct, counts = tallied(values)
    where = {"model": "m", "feature": "f", "prompt_version": "1", "status": "ok", "metric": "latency_ms"}
    return {**where, **more, "values": distinct, "counts": counts, "n": len(values), "n_missing": 0}


def week_of(profiles: Sequence[dict]) -> WeekProfiles:
    return WeekProfiles(DAY, pa.Table.from_pylist(list(profiles), schema=TRACE_PROFILES.schema), [])


def same(one: Distribution, two: Distribution) -> bool:
    return one.values.tobytes() == two.values.tobytes() and one.counts.tobytes() == two.counts.tobytes()


@given(SIZES, st.booleans())
def test_a_cell_holds_its_values_and_stands_for_them_within_the_bound(size: float, negative: bool) -> None:
    value = -size if negative else size
    (code,) = codes(np.array([value]))
    (stands,) = standing(np.array([code]))
    index = code - negative * 2048 * ONE - 1023 * ONE
    assert 2 ** ((index - 1) / ONE) * (1 - 1e-12) <= size <= 2 ** (index / ONE) * (1 + 1e-12)
    assert abs(stands - value) <= RELATIVE_ERROR * size * (1 + 1e-9)
    assert codes(np.array([stands])) == code


def test_powers_of_two_close_their_cell() -> None:
    # index = ceil(log2(v) * 256): 1 -> 0, 2 -> 256, 4 -> 512, and the next number above 1 opens cell 1
    found = codes(np.array([1.0, 2.0, 4.0, math.nextafter(1.0, 2.0)])) - 1023 * ONE
    assert found.tolist() == [0, 256, 512, 1]


def test_zero_has_a_cell_of_its_own_which_the_tiniest_numbers_share() -> None:
    assert codes(np.array([0.0, -0.0, 5e-324, -1e-310])).tolist() == [0, 0, 0, 0]
    assert standing(np.array([0])).tolist() == [0.0]


@given(st.lists(SIZES, min_size=2, max_size=50))
def test_cells_are_in_the_order_of_their_values(values: list[float]) -> None:
    ordered = np.sort(np.array(values))
    assert (np.diff(codes(ordered)) >= 0).all()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_has_no_cell(value: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        codes(np.array([1.0, value]))


def test_few_values_are_exact_and_many_are_gridded_but_for_the_frequent() -> None:
    rng = np.random.default_rng(1)
    few = rng.lognormal(size=EXACT).tolist()
    assert tallied(few)[0] == sorted(few)
    values, counts = tallied([*rng.lognormal(size=5000).tolist(), *[1.0] * 500])
    assert len(values) < 2000
    assert counts[values.index(1.0)] == 500
    assert sum(counts) == 5500


def test_slices_of_a_few_values_take_little_room() -> None:
    # as with a prompt version for each build: 20,000 slices, each of one value
    tally = Tally()
    tally.add(np.arange(20_000), np.ones(20_000))
    assert sum(each.nbytes for each in vars(tally).values() if isinstance(each, np.ndarray)) < 2e6
    assert sum(1 for _ in tally.profiles()) == 20_000


def test_many_groups_are_summed_in_parts() -> None:
    # 300 features of 400 values each: 300 groups x 120,000 values would be 36 million cells at once
    chance = np.random.default_rng(5)
    values = [chance.lognormal(size=400) for _ in range(300)]
    found = week_of([profile(each.tolist(), feature=f"f{n:03d}") for n, each in enumerate(values)])
    by_feature = found.by("latency_ms", "feature")
    assert len(by_feature) == 300
    assert all(np.array_equal(by_feature[f"f{n:03d}",].values, np.sort(each)) for n, each in enumerate(values))


def test_values_alone_in_their_cell_are_exact_however_many_there_are() -> None:
    # 1, 2 and 4 are in cells of their own; 1000 and 1001 share one, (2^(2551/256), 2^(2552/256)] = (999.7, 1002.4]
    values, counts = tallied([1.0] * 400 + [2.0] * 300 + [4.0] * 2000 + [1000.0] * 10 + [1001.0] * 5)
    assert values[:3] == [1.0, 2.0, 4.0]
    assert counts == [400, 300, 2000, 15]
    assert values[3] == pytest.approx(1000.5, rel=RELATIVE_ERROR)


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10**6),
    size=st.sampled_from([0, 3, 400, 600, 3000]),
    parts=st.integers(1, 5),
    levels=st.sampled_from([3, 40, 10**6]),
)
def test_rows_counted_in_parts_are_as_rows_counted_at_once(seed: int, size: int, parts: int, levels: int) -> None:
    rng = np.random.default_rng(seed)
    values = np.round(rng.lognormal(3, 2, size) * levels) / levels
    whole, together = tallied(values), tallied(values, parts)
    assert sum(whole[1]) == sum(together[1]) == size
    if size <= EXACT or levels == 3:
        assert whole == together
    for share in (0.01, 0.5, 0.99):
        if size:
            one, two = (Distribution(values=np.array(v), counts=np.array(c), n_missing=0) for v, c in (whole, together))
            assert one.quantile(share) == pytest.approx(two.quantile(share), rel=2 * RELATIVE_ERROR)


@settings(deadline=None, max_examples=60)
@given(
    days=st.lists(st.tuples(st.integers(0, 10**6), st.sampled_from([0, 3, 400, 900])), min_size=1, max_size=7),
    data=st.data(),
)
def test_profiles_add_in_any_order_and_grouping_to_the_bit(days: list[tuple[int, int]], data: st.DataObject) -> None:
    profiles = [profile(np.random.default_rng(seed).lognormal(3, 2, size).tolist()) for seed, size in days]
    shuffled = data.draw(st.permutations(profiles))
    cut = data.draw(st.integers(0, len(profiles)))
    parts = [week_of(some).distribution("latency_ms") for some in (shuffled[:cut], shuffled[cut:])]
    regrouped = [profile([]) | {"values": p.values.tolist(), "counts": p.counts.tolist()} for p in parts]
    whole = week_of(profiles).distribution("latency_ms")
    assert same(whole, week_of(regrouped).distribution("latency_ms"))
    assert whole.n == sum(size for _, size in days)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6), sizes=st.lists(st.sampled_from([1, 100, 2000]), min_size=1, max_size=7))
def test_a_weeks_quantiles_are_within_the_bound_of_the_exact_ones(seed: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    days = [rng.lognormal(5, 1.5, size).tolist() for size in sizes]
    week, exact = week_of([profile(day) for day in days]).distribution("latency_ms"), np.sort(np.concatenate(days))
    for share in (0.0, 0.25, 0.5, 0.95, 0.99, 1.0):
        true = exact[max(1, math.ceil(share * len(exact))) - 1]
        found = week.quantile(share)
        assert found is not None
        assert abs(found - true) <= RELATIVE_ERROR * true * (1 + 1e-9)


def test_parts_of_a_week_sum_to_the_whole() -> None:
    days = [
        profile([1.0, 2.0], model="a", feature="x"),
        profile([2.0, 3.0], model="b", feature="x"),
        profile([2.0], model="a", feature="y", status="error", prompt_version="2"),
    ]
    week = week_of(days)
    assert {key: cells(found) for key, found in week.by("latency_ms", "model").items()} == {
        ("a",): {1.0: 1, 2.0: 2},
        ("b",): {2.0: 1, 3.0: 1},
    }
    assert set(week.by("latency_ms", "status", "prompt_version")) == {("ok", "1"), ("error", "2")}
    assert cells(week.distribution("latency_ms", model="a", status="ok")) == {1.0: 1, 2.0: 1}
    assert cells(week.distribution("latency_ms")) == {1.0: 1, 2.0: 3, 3.0: 1}


def test_nothing_has_no_mean_and_no_quantile() -> None:
    nothing = week_of([]).distribution("latency_ms")
    assert nothing.mean() is None
    assert nothing.quantile(0.5) is None
    with pytest.raises(ValueError, match="share"):
        nothing.quantile(95)


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
    profile_days([DAY, NEXT], warehouse)
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
    by_both = week_profiles(week, DAY).by("latency_ms", "model", "feature")
    assert {pair: found.n for pair, found in by_both.items()} == {
        ("free-1", "chat"): 1,
        ("m-1", "search"): 2,
        ("m-2", "chat"): 1,
        ("unknown", "unknown"): 1,
    }


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


def test_prompt_versions_and_failures_are_slices(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    failed = trace("t2", llm_eval__prompt_version="8")
    failed[0]["status"] = {"code": 2}
    lay(landing, f"{DAY}.jsonl", trace("t1", llm_eval__prompt_version="7"), failed)
    landed()
    compile_days([DAY], warehouse)
    profile_days([DAY], warehouse)
    found = week_profiles(warehouse, DAY).by("requests", "prompt_version", "status")
    assert {key: one.n for key, one in found.items()} == {("7", "ok"): 1, ("8", "error"): 1}
    # the call below the failed request went well, and is of the same prompt
    calls = week_profiles(warehouse, DAY).by("output_tokens", "prompt_version", "status")
    assert {key: one.n for key, one in calls.items()} == {("7", "ok"): 1, ("8", "ok"): 1}


def test_spend_is_exact_and_what_is_unpriced_is_not_free(week: Warehouse) -> None:
    rows = {(row["model"], row["feature"]): row for row in week.read(TRACE_SPEND, DAY).to_pylist()}
    assert rows["m-1", "search"] | {"model": "", "feature": ""} == {
        "model": "",
        "feature": "",
        "calls": 1,
        "input_uncached_tokens": 10,
        "cache_read_tokens": 0,
        "cache_write_tokens": 0,
        "output_tokens": 5,
        "reasoning_tokens": 0,
        "cost_usd": Decimal("0.000015"),
        "unpriced_calls": 0,
        "unmetered_calls": 0,
    }
    free = rows["free-1", "chat"]
    assert (free["calls"], free["cost_usd"], free["unpriced_calls"], free["unmetered_calls"]) == (1, None, 1, 0)
    assert rows["m-2", "chat"]["cost_usd"] == Decimal("0.000015")


def test_a_day_that_was_not_profiled_has_no_known_spend(week: Warehouse) -> None:
    assert {str(day): len(rows) for day, rows in week_spend(week, DAY).items()} == {DAY: 3, NEXT: 1}
    Path(week.path(TRACE_SPEND, NEXT)).unlink()
    with pytest.raises(MissingPartitionError, match=f"no rows for {NEXT}: materialise the asset trace_profiles"):
        week_spend(week, DAY)


def test_a_week_in_which_no_model_was_called_has_no_slices_of_calls(
    landing: Path, warehouse: Warehouse, landed: Land
) -> None:
    lay(landing, f"{DAY}.jsonl", [span("t1", "answer", feature="search")])
    landed()
    compile_days([DAY, NEXT], warehouse, allow_empty=True)
    profile_days([DAY, NEXT], warehouse)
    profiles = week_profiles(warehouse, DAY)
    assert profiles.by("input_tokens", "model") == {}
    assert set(profiles.by("latency_ms", "feature")) == {("search",)}


def test_a_day_that_an_older_version_compiled_is_said(week: Warehouse) -> None:
    path = week.path(PRODUCTION_TRACES, DAY)
    pq.write_table(pq.read_table(path).drop_columns(["request_model"]), path)
    with pytest.raises(MissingPartitionError, match=f"of {DAY} was written by an older version, without request_model"):
        profile_days([DAY], week)


def test_many_workers_rows_are_the_days_rows(landing: Path, warehouse: Warehouse, landed: Land) -> None:
    # 3 groups of rows among 2 workers
    count = 2 * 131_072 // 2 + 1000
    spans = [span(f"t{i}", "chat", ms=1 + i % 700, gen_ai__operation__name="chat") for i in range(10)]
    lay(landing, f"{DAY}.jsonl", spans)
    landed()
    compile_days([DAY], warehouse)
    rows = warehouse.read(PRODUCTION_TRACES, DAY).to_pylist()
    many = [rows[i % 10] | {"trace_id": f"{i:032x}", "duration_ms": float(1 + i % 700)} for i in range(count)]
    warehouse.write(PRODUCTION_TRACES, DAY, many)
    profile_days([DAY], warehouse)
    assert cells(week_distribution(warehouse, DAY, "requests")) == {1.0: count}
    found = week_distribution(warehouse, DAY, "latency_ms")
    assert found.n == count
    assert found.quantile(0.5) == pytest.approx(350, rel=RELATIVE_ERROR)
    assert warehouse.read(TRACE_SPEND, DAY)["unmetered_calls"].to_pylist() == [count]
