"""The Jensen-Shannon distance: how different two mixes of categories are."""

from __future__ import annotations

import math

from llm_eval_pipeline.drift.pairs import Pair


def jensen_shannon(both: Pair) -> float:
    """The distance in [0, 1]: the root of the divergence in bits, 0 for equal mixes and 1 for none in common.

    Equal to ``scipy.spatial.distance.jensenshannon(p, q, base=2)`` (Endres and Schindelin 2003, IEEE Trans. IT 49).
    """
    from scipy.special import rel_entr

    x, y = both.shares
    middle = (x + y) / 2
    nats = float(rel_entr(x, middle).sum() + rel_entr(y, middle).sum()) / 2
    return min(1.0, math.sqrt(max(nats, 0.0) / math.log(2)))
