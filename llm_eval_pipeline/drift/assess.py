"""Verdicts for windows: each is held against the baseline alone, so the order of computing them does not matter."""

from __future__ import annotations

from collections.abc import Sequence

from llm_eval_pipeline.drift.adjust import benjamini_hochberg
from llm_eval_pipeline.drift.baseline import Baseline, Metrics, Window, fit_baseline, read_cells
from llm_eval_pipeline.drift.judgement import Compared, comparable, judge
from llm_eval_pipeline.drift.metrics import parse_metrics
from llm_eval_pipeline.drift.policy import Policy, policy_named
from llm_eval_pipeline.drift.verdict import BASELINE_WINDOW, Verdict, no_data


def assess(
    windows: Sequence[Window], metrics: Metrics, baseline: int = 8, policy: str | Policy = "calibrated"
) -> list[dict[str, Verdict]]:
    """For each window, in the given order, a verdict for each metric.

    ``windows`` are ordered by time; each maps a metric to its values and their counts. The first ``baseline`` of them
    are the pinned baseline, and have ``no_data`` of their own.

    Raises:
        ValueError: for fewer than one baseline window, values and counts that do not fit, or a metric or policy that
            nobody knows.
    """
    if baseline < 1:
        raise ValueError(f"a baseline needs at least one window, got {baseline}")
    rule = policy_named(policy) if isinstance(policy, str) else policy
    defined = parse_metrics(metrics)
    pinned = fit_baseline(windows[:baseline], defined, rule)
    own = {name: no_data(name, BASELINE_WINDOW, policy=rule.name) for name in defined}
    return [
        dict(own) if place < baseline else assess_window(pinned, window, defined, rule)
        for place, window in enumerate(windows)
    ]


def assess_window(
    baseline: Baseline, window: Window, metrics: Metrics, policy: str | Policy = "calibrated"
) -> dict[str, Verdict]:
    """A verdict for each metric of one window; p-values are adjusted over the metrics that could be tested.

    Raises:
        ValueError: for values and counts that do not fit, or a metric or policy that nobody knows.
    """
    rule = policy_named(policy) if isinstance(policy, str) else policy
    defined = parse_metrics(metrics)
    compared = {
        name: comparable(metric, read_cells(metric, window), baseline, rule) for name, metric in defined.items()
    }
    told = {name: found for name, found in compared.items() if isinstance(found, Verdict)}
    tested = {name: found for name, found in compared.items() if isinstance(found, Compared)}
    adjusted = benjamini_hochberg([found.comparison.p_value for found in tested.values()])
    alone = rule.alpha / max(1, len(tested))
    told |= {name: judge(found, p, alone, rule) for (name, found), p in zip(tested.items(), adjusted, strict=True)}
    return {name: told[name] for name in defined}
