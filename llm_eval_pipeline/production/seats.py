"""Seats: how many requests of each stratum are drawn, and what unequal weights cost.

Seats go by size, after one for each stratum, so that the largest weight is as small as it can be (Adams' divisors):
drift keeps a judged trace with a chance in proportion to its weight, and so loses as few as possible.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Mapping, Sequence

Stratum = tuple[str, ...]


def seats_of(sizes: Mapping[Stratum, int], seats: int) -> dict[Stratum, int]:
    """The seats of each stratum, of ``seats`` in all; no stratum has more than its size."""
    given = dict.fromkeys(sizes, 0)
    queue = [(-float("inf"), stratum) for stratum in sizes]
    heapq.heapify(queue)
    for _ in range(min(seats, sum(sizes.values()))):
        _, stratum = heapq.heappop(queue)
        given[stratum] += 1
        if given[stratum] < sizes[stratum]:
            heapq.heappush(queue, (-sizes[stratum] / given[stratum], stratum))
    return given


def fewest_seats(sizes: Mapping[Stratum, int], wanted: int, most: int) -> int:
    """The fewest seats that tell as much as ``wanted`` of equal weight, with one for each stratum, or else ``most``."""
    enough = bisect_left(range(most), True, key=lambda seats: _worth(sizes, seats) >= wanted)
    return max(enough, min(len(sizes), most))


def design_effect(weights: Sequence[float]) -> float:
    """How many times larger a mean's variance is for its unequal weights: n Σw² / (Σw)² (Kish 1965)."""
    return len(weights) * sum(w * w for w in weights) / sum(weights) ** 2 if weights else 1.0


def _worth(sizes: Mapping[Stratum, int], seats: int) -> float:
    """How many requests of equal weight so many seats are worth; a stratum without a seat tells nothing."""
    given = seats_of(sizes, seats)
    weights = [sizes[stratum] / taken for stratum, taken in given.items() for _ in range(taken)]
    return len(weights) / design_effect(weights) if all(given.values()) else 0.0
