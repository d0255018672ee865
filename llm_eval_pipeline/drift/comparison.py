"""One metric's window held against its baseline: the test that fits the kind, its p-value and its effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from llm_eval_pipeline.drift.distributions import Distribution
from llm_eval_pipeline.drift.effects import TAILS, effects
from llm_eval_pipeline.drift.floors import Spread, effect_floor
from llm_eval_pipeline.drift.g_test import g_test
from llm_eval_pipeline.drift.ks import quick_ks
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.pairs import Pair
from llm_eval_pipeline.drift.permutation import permutation_ks
from llm_eval_pipeline.drift.policy import Policy
from llm_eval_pipeline.drift.proportions import fisher
from llm_eval_pipeline.drift.quantiles import quantiles_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The effect that speaks loudest for a metric, signed, with its floor, and the p-value of the metric as a whole.

    ``first_floor`` is the floor of the kind's first effect, whichever spoke.
    """

    test: str
    aspect: str
    statistic: float
    p_value: float
    effect: float
    floor: float
    first_floor: float = 0.0


def compare(
    metric: Metric,
    current: Distribution,
    baseline: Distribution,
    both: Pair,
    spreads: Mapping[str, Spread],
    policy: Policy,
) -> Comparison:
    """Test each effect of a metric; the p-value is the chosen one's times how many were tried (Bonferroni).

    Chosen is, among the effects over their floor, the one of the smallest p-value, and where none is over its floor
    the kind's first. ``both`` is the pair of the two distributions.
    """
    found = effects(metric, current, baseline, both)
    tests: dict[str, tuple[str, float, float]] = {}
    tried: list[Comparison] = []
    for name, effect in found.items():
        family = name if name in TAILS else metric.kind
        if family not in tests:
            tests[family] = _tail_test(name, current, baseline) if name in TAILS else _test(metric, both)
        test, statistic, p_value = tests[family]
        floor = effect_floor(name, spreads[name], current.n, baseline.n, policy)
        tried.append(
            Comparison(test=test, aspect=name, statistic=statistic, p_value=p_value, effect=effect, floor=floor)
        )
    over = [one for one in tried if abs(one.effect) >= one.floor]
    chosen = min(over, key=lambda one: one.p_value) if over else tried[0]
    return Comparison(
        test=chosen.test,
        aspect=chosen.aspect,
        statistic=chosen.statistic,
        p_value=min(1.0, chosen.p_value * len(tests)),
        effect=chosen.effect,
        floor=chosen.floor,
        first_floor=tried[0].floor,
    )


def _test(metric: Metric, both: Pair) -> tuple[str, float, float]:
    if metric.kind == "rate":
        hits_x, hits_y = int(both.counts_x @ both.support), int(both.counts_y @ both.support)
        difference = hits_x / both.n_x - hits_y / both.n_y
        return "fisher", difference, fisher(hits_x, both.n_x, hits_y, both.n_y)
    if metric.kind == "continuous":
        result = quick_ks(both)
        return "ks", result.statistic, result.pvalue
    if metric.kind == "ordinal":
        result = permutation_ks(both)
        return "permutation ks", result.statistic, result.pvalue
    likelihood = g_test(both)
    return "g-test", likelihood.statistic, likelihood.pvalue


def _tail_test(name: str, current: Distribution, baseline: Distribution) -> tuple[str, float, float]:
    """Fisher's test on the rows beyond the baseline's quantile; the statistic is their share in the current window."""
    limit = quantiles_of(baseline.values, baseline.counts, [TAILS[name]])[0]
    beyond = [
        int(side.counts[side.values > limit if name == "p99" else side.values < limit].sum())
        for side in (current, baseline)
    ]
    return f"fisher beyond {name}", beyond[0] / current.n, fisher(beyond[0], current.n, beyond[1], baseline.n)
