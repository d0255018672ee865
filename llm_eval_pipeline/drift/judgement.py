"""From one metric's numbers to its verdict: what must hold before a window is called drifted, or stable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.drift.baseline import Baseline
from llm_eval_pipeline.drift.comparison import Comparison, compare
from llm_eval_pipeline.drift.direction import direction_of
from llm_eval_pipeline.drift.distributions import Distribution
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.pairs import pair
from llm_eval_pipeline.drift.policy import Policy
from llm_eval_pipeline.drift.power import smallest_detectable
from llm_eval_pipeline.drift.quantiles import REPORTED, quantile_shifts
from llm_eval_pipeline.drift.strict import strict_comparison
from llm_eval_pipeline.drift.verdict import State, Verdict, no_data


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """A metric's window and baseline, compared under both rules; ``comparison`` is the one that the policy follows."""

    metric: Metric
    current: Distribution
    baseline: Distribution
    comparison: Comparison
    strict: Comparison


def comparable(metric: Metric, current: Distribution | None, baseline: Baseline, rule: Policy) -> Compared | Verdict:
    """The metric compared, or at once the verdict that says why it cannot be."""
    then = baseline.distributions.get(metric.name)
    if current is None or current.rows == 0:
        return no_data(metric.name, f"the window has no rows of {metric.name}", policy=rule.name)
    if then is None:
        return no_data(metric.name, f"the baseline has no rows of {metric.name}", policy=rule.name)
    sizes: dict[str, Any] = {
        "n_baseline": then.n,
        "n_current": current.n,
        "n_unscored": current.unscored,
        "policy": rule.name,
    }
    if current.n == 0 or current.unscored > rule.max_unscored * current.rows:
        reason = (
            f"{current.unscored} of {current.rows} rows of {metric.name} are unscored; "
            f"at most {rule.max_unscored:.0%} may be"
        )
        return no_data(metric.name, reason, **sizes)
    both = pair(current, then)
    strict = strict_comparison(metric, both)
    for rows, where in ((current.n, "the window"), (then.n, "the baseline")):
        if rows < rule.minimum_rows:
            return Verdict(
                metric=metric.name,
                verdict="low_power",
                reason=f"{where} has {rows} scored rows of {metric.name}; it takes {rule.minimum_rows}",
                strict_verdict=_strict_state(strict, rule),
                baseline_mean=then.mean,
                current_mean=current.mean,
                **sizes,
            )
    if rule.name == "strict":
        comparison = strict
    else:
        comparison = compare(metric, current, then, both, baseline.spreads[metric.name], rule)
    return Compared(metric=metric, current=current, baseline=then, comparison=comparison, strict=strict)


def judge(found: Compared, p_adjusted: float | None, alpha_alone: float, rule: Policy) -> Verdict:
    """The verdict, with every number that it rests on.

    ``alpha_alone`` is the p-value under which the metric would pass if no other metric of the window moved.
    """
    metric, current, then, made = found.metric, found.current, found.baseline, found.comparison
    detectable = None
    if rule.name == "calibrated":
        detectable = smallest_detectable(metric, current, then, found.comparison.first_floor, alpha_alone)
    state, reason = _state(found, p_adjusted, detectable, rule)
    shift = (current.mean or 0.0) - (then.mean or 0.0)
    aspect = None if rule.name == "strict" else made.aspect
    numbers: dict[str, Any] = {"baseline_mean": then.mean, "current_mean": current.mean}
    if metric.kind in ("continuous", "ordinal"):
        shifts = quantile_shifts(current, then)
        numbers |= {f"shift_p{round(100 * q):02d}": shifts[q] for q in REPORTED}
    direction = direction_of(metric, shift / then.scale, aspect, made.effect)
    return Verdict(
        metric=metric.name,
        verdict=state,
        reason=reason,
        strict_verdict=_strict_state(found.strict, rule),
        policy=rule.name,
        direction=direction if state == "drifted" else None,
        test=made.test,
        aspect=made.aspect,
        statistic=made.statistic,
        p_value=made.p_value,
        p_adjusted=p_adjusted,
        effect=abs(made.effect),
        effect_floor=made.floor,
        n_baseline=then.n,
        n_current=current.n,
        n_unscored=current.unscored,
        smallest_detectable=detectable,
        **numbers,
    )


def _state(found: Compared, p_adjusted: float | None, detectable: float | None, rule: Policy) -> tuple[State, str]:
    made = found.comparison
    if rule.name == "strict":
        state = _strict_state(found.strict, rule)
        return state, f"{made.test} p = {made.p_value:.2g} against {rule.alpha:g}, uncorrected"
    effect, moved = abs(made.effect), abs(made.effect) >= made.floor
    numbers = f"{made.aspect} {effect:.3g} against a floor of {made.floor:.3g}, adjusted p = {p_adjusted:.2g}"
    if moved and p_adjusted is not None and p_adjusted < rule.alpha:
        return "drifted", numbers
    enough = rule.must_see[found.metric.kind]
    if detectable is not None and detectable > enough:
        return "low_power", f"{numbers}; a shift under {detectable:.3g} would not show, and {enough:g} has to"
    return "stable", numbers


def _strict_state(strict: Comparison, rule: Policy) -> State:
    return "drifted" if strict.p_value < rule.alpha else "stable"
