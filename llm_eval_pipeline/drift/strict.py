"""The strict rule: a Kolmogorov-Smirnov p-value under alpha, whatever the metric, uncorrected and without a floor."""

from __future__ import annotations

from llm_eval_pipeline.drift.comparison import Comparison
from llm_eval_pipeline.drift.g_test import g_test
from llm_eval_pipeline.drift.ks import quick_ks
from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.pairs import Pair


def strict_comparison(metric: Metric, both: Pair) -> Comparison:
    """The statistic and p-value of the strict rule; a category has no order, so there the G-test stands in."""
    if metric.kind == "category":
        likelihood = g_test(both)
        return _of("g-test", likelihood.statistic, likelihood.pvalue)
    result = quick_ks(both)
    return _of("ks", result.statistic, result.pvalue)


def _of(test: str, statistic: float, p_value: float) -> Comparison:
    return Comparison(test=test, aspect=test, statistic=statistic, p_value=p_value, effect=statistic, floor=0.0)
