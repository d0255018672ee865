"""The grid on which values are counted once there are many: cells that grow with the value, base 2, scale 8.

The rule is the OpenTelemetry exponential histogram's: a value v > 0 lies in cell ceil(log2(v) * 2^8), which holds all
of (2^((i-1)/256), 2^(i/256)]. A cell is written down as one value of its own, so that profiles on the grid, exact
profiles and sums of both are one thing: values and how often each occurs.
"""

from __future__ import annotations

from decimal import Context, Decimal
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

SCALE = 8
_CELLS = 2**SCALE
RELATIVE_ERROR = (2 ** (1 / _CELLS) - 1) / (2 ** (1 / _CELLS) + 1)
"""Most that a value on the grid is off, as a share of the value: 0.14 %. A quantile is off by no more."""

EXACT = 512
"""So many distinct values are kept as they are."""

FREQUENT = 64
"""A value that makes up at least one in so many keeps a cell of its own, where it is exact."""

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]


@lru_cache(maxsize=1)
def _octave() -> tuple[Floats, Floats]:
    """The bounds of the cells between 1/2 and 1, and the value that stands for each.

    Computed in decimals, because a machine's own powers may differ in the last bit from another's. The value is the
    harmonic mean of the bounds, from which both are equally far in relative terms.
    """
    context = Context(prec=34)
    root = context.power(Decimal(2), Decimal(1) / _CELLS)
    bounds = [context.divide(context.power(root, Decimal(k)), Decimal(2)) for k in range(_CELLS + 1)]
    means = [2 * low * high / (low + high) for low, high in pairwise(bounds)]
    return np.array([float(bound) for bound in bounds]), np.array([float(mean) for mean in means])


def cell(values: Floats) -> NDArray[np.int64]:
    """The index of each value's cell; the values must be positive."""
    mantissa, exponent = np.frexp(values)
    place = np.searchsorted(_octave()[0], mantissa, side="left")
    return (exponent.astype(np.int64) - 1) * _CELLS + place


def on_grid(values: Floats) -> Floats:
    """The value that stands for each value's cell; zero is a cell of its own, negative values mirror positive ones.

    Raises:
        ValueError: when a value is not finite.
    """
    if not np.isfinite(values).all():
        raise ValueError("only finite values have a cell")
    sizes = np.abs(values)
    octave, place = np.divmod(cell(np.where(sizes > 0, sizes, 1.0)) - 1, _CELLS)
    standing = np.ldexp(_octave()[1][place], (octave + 1).astype(np.int32))
    return np.where(sizes > 0, np.copysign(standing, values), 0.0)


def compressed(values: Floats, counts: Counts) -> tuple[Floats, Counts]:
    """Distinct values and how often each occurs: as they are while few, on the grid otherwise.

    Args:
        values: distinct values in rising order.
        counts: how often each occurs.
    """
    if len(values) <= EXACT:
        return values, counts
    own = counts * FREQUENT >= counts.sum()
    return merged(np.where(own, values, on_grid(values)), counts)


def merged(values: Floats, counts: Counts) -> tuple[Floats, Counts]:
    """Equal values as one, in rising order, with their counts added up."""
    distinct, place = np.unique(values, return_inverse=True)
    sums = np.zeros(len(distinct), np.int64)
    np.add.at(sums, place, counts)
    return distinct, sums
