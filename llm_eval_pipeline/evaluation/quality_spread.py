"""How far the quality of judged answers spreads: what the size of the next sample is chosen by."""

from __future__ import annotations

from collections.abc import Sequence

from llm_eval_pipeline.evaluation.anchors import Anchor
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.production.sample_size import spread_of
from llm_eval_pipeline.storage.warehouse import Warehouse


def quality_spread(warehouse: Warehouse, week: str, weeks: int, anchors: Sequence[Anchor]) -> float:
    """The standard deviation of quality in the baseline, or that of people's scores of the anchors until it is there.

    The baseline is the first ``weeks`` weeks whose sample has scores. A week looks at those before it alone, so weeks
    that are made again in their order have the same sizes.
    """
    scores, weights, found = list[float](), list[float](), 0
    for earlier in warehouse.partitions(TRACE_SCORES):
        if earlier >= week or found == weeks:
            break
        rows = warehouse.read(TRACE_SCORES, earlier, ("quality_score", "weight")).to_pylist()
        known = [row for row in rows if row["quality_score"] is not None and row["weight"] is not None]
        found += bool(known)
        scores += (row["quality_score"] for row in known)
        weights += (row["weight"] for row in known)
    if found == weeks:
        return spread_of(scores, weights)
    people = [anchor.human_score for anchor in anchors]
    return spread_of(people, [1.0] * len(people))
