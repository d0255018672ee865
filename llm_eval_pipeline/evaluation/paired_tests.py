"""P-values of two models on the same examples: of a mean difference, and of passes against passes."""

from __future__ import annotations

import math

import numpy as np

SEED = 20_261_116
EXACT_UP_TO = 12
"""Differences for which every combination of signs is counted: 4,096 of them."""
DRAWN_UP_TO = 1_000
"""Differences for which combinations are drawn; the sum over more of them is normal, being symmetric to begin with."""
DRAWS = 9_999
_AT_ONCE = 1_000


def sign_flip_pvalue(differences: np.ndarray) -> float | None:
    """Two-sided p-value of a mean difference by flipping signs (Fisher 1935, The Design of Experiments, section 21).

    Were there no difference between the models, each example's would be as likely with the other sign. So it is right
    for scores of any distribution, with ties and with zeros, and asks about the mean that is shown, where Wilcoxon's
    test asks about ranks.

    Args:
        differences: one per example, of shape (examples,).

    Returns:
        The share of sign patterns whose sum is as far from zero; None without differences. The seed is fixed.
    """
    if len(differences) == 0:
        return None
    moved = differences[differences != 0]
    seen = abs(float(moved.sum())) * (1 - 1e-9)
    if len(moved) == 0:
        return 1.0
    if len(moved) <= EXACT_UP_TO:
        patterns = (np.arange(2 ** len(moved))[:, None] >> np.arange(len(moved))) & 1
        return float((np.abs(2 * (patterns @ moved) - moved.sum()) >= seen).mean())
    if len(moved) > DRAWN_UP_TO:
        return math.erfc(abs(float(moved.sum())) / math.sqrt(2 * float(moved @ moved)))
    generator, extreme = np.random.default_rng(SEED), 0
    for start in range(0, DRAWS, _AT_ONCE):
        draws = min(_AT_ONCE, DRAWS - start)
        drawn = np.frombuffer(generator.bytes(draws * ((len(moved) + 7) // 8)), dtype=np.uint8)
        flips = np.unpackbits(drawn.reshape(draws, -1), axis=1, count=len(moved))
        extreme += int((np.abs(2 * (flips @ moved) - moved.sum()) >= seen).sum())
    return (extreme + 1) / (DRAWS + 1)


def mcnemar(only_base: int, only_other: int) -> float:
    """Exact two-sided p-value that neither model passes more (McNemar 1947, Psychometrika 12: 153-157).

    Args:
        only_base: examples that only the one passes.
        only_other: examples that only the other passes. What both or neither pass has no say.
    """
    from scipy.special import bdtr

    told = only_base + only_other
    return 1.0 if told == 0 else min(1.0, 2 * float(bdtr(min(only_base, only_other), told, 0.5)))
