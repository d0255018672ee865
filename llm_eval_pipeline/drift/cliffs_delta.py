"""Cliff's delta: how much more often a value of one window beats a value of another than it loses."""

from __future__ import annotations

import numpy as np

from llm_eval_pipeline.drift.pairs import Pair


def cliffs_delta(both: Pair) -> float:
    """P(x > y) - P(x < y), in [-1, 1]; positive where ``x`` is the larger (Cliff 1993, Psych. Bull. 114: 494)."""
    share_x, share_y = both.shares
    below_y = np.cumsum(share_y) - share_y
    above_y = 1.0 - np.cumsum(share_y)
    return float(np.clip(share_x @ (below_y - above_y), -1.0, 1.0))
