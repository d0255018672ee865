"""What is said about one metric in one window."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

State = Literal["drifted", "stable", "no_data", "low_power"]
BASELINE_WINDOW = "baseline window"
"""The reason that a window of the baseline has no verdict of its own."""
Direction = Literal["degraded", "improved", "changed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A verdict, and the numbers behind it; None where a number could not be had.

    ``aspect`` names the effect that ``effect`` and ``effect_floor`` measure: ``wasserstein``, ``p99`` and ``p01`` in
    standard deviations of the baseline, ``cliffs_delta``, ``ks`` and ``jensen_shannon`` in [0, 1],
    ``rate_difference`` as a share. ``effect`` is its size; ``direction`` says which way, and is set for drifted windows
    only. ``smallest_detectable`` is the smallest shift that this window would have shown four times in five, in the
    unit of the kind's first effect. Means and ``shift_…`` are in the metric's own unit, current less baseline.
    """

    metric: str
    verdict: State
    reason: str
    strict_verdict: State
    policy: str = "calibrated"
    direction: Direction | None = None
    test: str | None = None
    aspect: str | None = None
    statistic: float | None = None
    p_value: float | None = None
    p_adjusted: float | None = None
    effect: float | None = None
    effect_floor: float | None = None
    n_baseline: int = 0
    n_current: int = 0
    n_unscored: int = 0
    baseline_mean: float | None = None
    current_mean: float | None = None
    shift_p05: float | None = None
    shift_p50: float | None = None
    shift_p95: float | None = None
    shift_p99: float | None = None
    smallest_detectable: float | None = None

    def as_row(self) -> dict[str, Any]:
        """The fields by name, as a table's row holds them."""
        return asdict(self)


def no_data(metric: str, reason: str, **numbers: Any) -> Verdict:
    """A verdict that nothing can be said, and why."""
    return Verdict(metric=metric, verdict="no_data", strict_verdict="no_data", reason=reason, **numbers)
