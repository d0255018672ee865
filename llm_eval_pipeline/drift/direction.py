"""Which way a metric drifted, in the reader's words: for latency, cost and toxicity lower is better."""

from __future__ import annotations

from llm_eval_pipeline.drift.metrics import Metric
from llm_eval_pipeline.drift.verdict import Direction

LOCATION_SHARE = 0.25
"""Where the mean moved by less than this share of the Wasserstein distance, the shape changed and not the level."""


def direction_of(metric: Metric, shift: float, aspect: str | None = None, effect: float = 0.0) -> Direction:
    """``degraded`` or ``improved`` by the metric's polarity; ``changed`` where it has none, or no level moved.

    ``shift`` is the current mean less the baseline's, for ``wasserstein`` in the same unit as ``effect``. A tail, a
    Cliff's delta and a rate carry their sign in ``effect`` themselves. Where most pairs say one thing and the mean says
    the other, neither is better.
    """
    if metric.better is None:
        return "changed"
    sign = shift if aspect in (None, "wasserstein", "ks") else effect
    if sign == 0 or (aspect == "wasserstein" and abs(shift) < LOCATION_SHARE * abs(effect)):
        return "changed"
    if aspect == "cliffs_delta" and shift * effect < 0:
        return "changed"
    return "improved" if (sign > 0) == (metric.better == "higher") else "degraded"
