import json

import numpy as np
import pytest

from llm_eval_pipeline.drift import assess, assess_window, baseline_from_dict, fit_baseline, incidents

METRICS = {
    "latency": {"kind": "continuous", "better": "lower"},
    "quality": {"kind": "ordinal", "better": "higher"},
    "violations": {"kind": "rate", "better": "lower"},
    "category": {"kind": "category"},
}


def ones(values):
    return list(values), [1] * len(values)


def week(seed, rows=1_000, slower=1.0, worse=0.0, rate=0.01, labels=(0.6, 0.3, 0.1)):
    generator = np.random.default_rng(seed)
    mix = generator.multinomial(rows, labels)
    hits = int(generator.binomial(rows, rate))
    return {
        "latency": ones(slower * generator.lognormal(0, 0.6, rows)),
        "quality": ones(np.round(np.clip(generator.beta(8, 2, rows) - worse, 0, 1), 1)),
        "violations": ([0, 1], [rows - hits, hits]),
        "category": ("abcdefg"[: len(labels)], mix.tolist()),
    }


BASELINE = [week(seed) for seed in range(8)]


def last(**changes):
    return assess([*BASELINE, week(99, **changes)], METRICS)[-1]


def test_no_change_is_stable_for_every_kind():
    assert {name: found.verdict for name, found in last().items()} == dict.fromkeys(METRICS, "stable")


def test_baseline_windows_are_no_data_of_their_own():
    verdicts = assess(BASELINE, METRICS)
    assert len(verdicts) == 8
    assert {(one.verdict, one.reason) for window in verdicts for one in window.values()} == {
        ("no_data", "baseline window")
    }


def test_higher_latency_is_degraded_and_lower_latency_improved():
    slower, faster = last(slower=1.5)["latency"], last(slower=0.6)["latency"]
    assert (slower.verdict, slower.direction, slower.test) == ("drifted", "degraded", "ks")
    assert (faster.verdict, faster.direction) == ("drifted", "improved")
    assert slower.current_mean > slower.baseline_mean
    assert slower.shift_p50 > 0 > faster.shift_p50


def test_lower_quality_is_degraded_by_cliffs_delta():
    found = last(worse=0.2)["quality"]
    assert (found.verdict, found.direction, found.test) == ("drifted", "degraded", "permutation ks")
    assert found.effect >= found.effect_floor
    assert found.p_adjusted < 0.01


def test_a_p99_that_doubles_with_the_median_flat_is_seen_by_its_tail():
    generator = np.random.default_rng(5)
    values = np.sort(generator.lognormal(0, 0.6, 1_000))
    values[-30:] *= 2
    found = assess([*BASELINE, {"latency": ones(values)}], METRICS)[-1]["latency"]
    assert (found.verdict, found.direction, found.aspect) == ("drifted", "degraded", "p99")
    assert abs(found.shift_p50) < 0.1
    assert found.strict_verdict == "stable"


def test_violations_from_one_to_three_percent_are_seen_by_fisher_and_not_by_ks():
    """At n = 1,000 the gap is 0.02, and KS needs about 1.63 √(1/1000 + 1/8000) = 0.055."""
    found = [assess([*BASELINE, week(seed, rate=0.03)], METRICS)[-1]["violations"] for seed in range(200, 230)]
    assert sum(one.verdict == "drifted" for one in found) >= 21  # 70 % of 30
    assert {one.strict_verdict for one in found} == {"stable"}
    assert {one.direction for one in found} <= {"degraded", None}


def test_a_new_category_and_a_total_change_are_changed_not_degraded():
    new = last(labels=(0.5, 0.3, 0.1, 0.1))["category"]
    assert (new.verdict, new.direction, new.test) == ("drifted", "changed", "g-test")
    window = {"category": (["z"], [1_000])}
    total = assess([*BASELINE, window], METRICS)[-1]["category"]
    assert (total.verdict, total.effect) == ("drifted", pytest.approx(1.0))


@pytest.mark.parametrize("cells", [None, ([], []), ([1.0], [0])])
def test_an_absent_metric_and_no_rows_are_no_data_with_its_name(cells):
    window = week(99)
    del window["latency"]
    if cells is not None:
        window["latency"] = cells
    verdicts = assess([*BASELINE, window], METRICS)[-1]
    assert (verdicts["latency"].verdict, verdicts["latency"].p_adjusted) == ("no_data", None)
    assert verdicts["latency"].reason == "the window has no rows of latency"
    assert verdicts["quality"].verdict == "stable"


def test_a_metric_that_the_baseline_never_had_is_no_data():
    metrics = METRICS | {"cost": {"kind": "continuous", "better": "lower"}}
    found = assess([*BASELINE, week(99) | {"cost": ones([1.0] * 50)}], metrics)[-1]["cost"]
    assert (found.verdict, found.reason) == ("no_data", "the baseline has no rows of cost")


def test_one_row_is_low_power_and_says_how_many_it_takes():
    found = assess([*BASELINE, {"latency": ([9.0], [1])}], METRICS)[-1]["latency"]
    assert (found.verdict, found.reason) == (
        "low_power",
        "the window has 1 scored rows of latency; it takes 30",
    )


def test_too_few_rows_to_show_a_large_shift_are_low_power_and_name_the_smallest():
    found = last(rows=40)["latency"]
    assert found.verdict == "low_power"
    assert found.smallest_detectable > 0.8
    assert f"{found.smallest_detectable:.3g}" in found.reason


def test_more_rows_see_smaller_shifts():
    seen = [last(rows=rows)[name].smallest_detectable for name in METRICS for rows in (200, 2_000)]
    assert all(few > many for few, many in zip(seen[::2], seen[1::2], strict=True))


def test_unscored_rows_leave_the_values_and_too_many_leave_no_verdict():
    scored = week(99)["quality"][0]
    few = assess([*BASELINE, {"quality": ones([*scored, *[None] * 100])}], METRICS)[-1]["quality"]
    assert (few.verdict, few.n_current, few.n_unscored) == ("stable", 1_000, 100)
    many = assess([*BASELINE, {"quality": ones([*scored, *[float("nan")] * 500])}], METRICS)[-1]["quality"]
    assert (many.verdict, many.reason) == (
        "no_data",
        "500 of 1500 rows of quality are unscored; at most 20% may be",
    )


def test_all_equal_values_are_stable_and_one_that_moves_is_not():
    steady = [{"quality": ([1.0], [500])}] * 9
    assert assess(steady, METRICS)[-1]["quality"].verdict == "stable"
    moved = assess([*steady[:8], {"quality": ([0.9], [500])}], METRICS)[-1]["quality"]
    assert (moved.verdict, moved.direction) == ("drifted", "degraded")


def test_infinite_values_are_unscored():
    latency = week(99)["latency"][0]
    found = assess([*BASELINE, {"latency": ones([*latency, float("inf")])}], METRICS)[-1]["latency"]
    assert (found.verdict, found.n_unscored) == ("stable", 1)


def test_a_thousand_million_rows_are_judged():
    windows = [{"quality": ([0.5, 1.0], [10**9, 10**9])}] * 9
    assert assess(windows, METRICS)[-1]["quality"].verdict == "stable"


def test_noisy_baseline_weeks_raise_the_floor():
    quiet = [week(seed, rows=4_000) for seed in range(8)]
    noisy = [week(seed, rows=4_000, slower=1 + 0.06 * (-1) ** seed) for seed in range(8)]
    now = week(99, rows=4_000, slower=1.15)
    calm, tolerant = (assess([*weeks, now], METRICS)[-1]["latency"] for weeks in (quiet, noisy))
    assert (calm.verdict, tolerant.verdict) == ("drifted", "stable")
    assert tolerant.effect_floor > calm.effect_floor
    assert tolerant.strict_verdict == "drifted"


def test_strict_is_ks_uncorrected_and_both_are_always_there():
    windows = [*BASELINE, week(99, slower=1.5)]
    strict = assess(windows, METRICS, policy="strict")[-1]["latency"]
    assert (strict.verdict, strict.strict_verdict, strict.policy) == ("drifted", "drifted", "strict")
    assert (strict.direction, strict.test) == ("degraded", "ks")
    assert assess(windows, METRICS)[-1]["latency"].strict_verdict == "drifted"


def test_a_single_bad_week_opens_nothing_and_two_open_one_incident():
    good, bad = [week(50), week(51)], [week(60, slower=1.5), week(61, slower=1.5)]
    assert incidents(assess([*BASELINE, *good, bad[0], *good], METRICS)) == []
    (found,) = incidents(assess([*BASELINE, *good, *bad, *good], METRICS))
    assert (found.metric, found.began, found.opened, found.closed) == ("latency", 10, 11, 13)


def test_a_stored_baseline_gives_the_same_verdicts():
    pinned = fit_baseline(BASELINE, METRICS)
    restored = baseline_from_dict(json.loads(json.dumps(pinned.as_dict())))
    now = week(99, slower=1.2, worse=0.1)
    assert assess_window(restored, now, METRICS) == assess([*BASELINE, now], METRICS)[-1]


def test_profiles_and_rows_give_the_same_verdict():
    rows = week(99)["quality"][0]
    values, counts = np.unique(rows, return_counts=True)
    as_profile = assess([*BASELINE, {"quality": (values, counts)}], METRICS)[-1]["quality"]
    assert as_profile == assess([*BASELINE, {"quality": ones(rows)}], METRICS)[-1]["quality"]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"baseline": 0}, "at least one window, got 0"),
        ({"policy": "lenient"}, "unknown policy 'lenient'"),
        ({"metrics": {"latency": {"kind": "speed"}}}, "'latency' has kind 'speed'"),
        ({"metrics": {"latency": {"kind": "continuous", "better": "up"}}}, "'latency' is better 'up'"),
        ({"metrics": {"mix": {"kind": "category", "better": "lower"}}}, "'mix' is a category"),
        ({"metrics": {"latency": {"kind": "rate"}}}, "'latency' is a rate, whose values are 0 and 1"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(changes, says):
    with pytest.raises(ValueError, match=says):
        assess(**({"windows": BASELINE, "metrics": METRICS} | changes))


def test_counts_that_do_not_fit_are_refused_with_the_metric():
    with pytest.raises(ValueError, match="metric 'latency': 2 values and 1 counts"):
        assess([{"latency": ([1.0, 2.0], [1])}], METRICS)


def test_baseline_weeks_too_small_to_teach_a_floor_fall_back_to_the_stated_one():
    windows = [{"latency": ones(week(seed, rows=20)["latency"][0])} for seed in range(8)]
    found = assess([*windows, week(99, rows=500, slower=3.0)], METRICS)[-1]["latency"]
    assert (found.verdict, found.effect_floor) == ("drifted", 0.1)
