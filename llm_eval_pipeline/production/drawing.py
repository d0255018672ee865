"""The draw: which requests of a week are sampled, from strata of which only the first few requests are held.

A request's place in the draw is a hash of its trace's id, so drawing again gives the same requests, and one that
arrives late takes the place of one other at most in each stratum. Strata are a model's, a feature's and a feedback's;
seats go to them in proportion to their requests, after one for each, so that a rare one is never empty. A request
stands for ``weight`` requests of its stratum, so weighted sums estimate sums over all, whatever the seats (Horvitz and
Thompson 1952, J. Am. Stat. Assoc. 47: 663-685).
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

Stratum = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that may be drawn; ``draw`` is its place, and ``wrong`` that it is known to have gone wrong."""

    trace_id: str
    day: str
    stratum: Stratum
    draw: str
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A request that was drawn; one without a ``weight`` was added because it went wrong, and stands for none."""

    request: Request
    weight: float | None


def draw(requests: Iterable[Request], totals: Mapping[Stratum, int], size: int) -> list[Drawn]:
    """At most ``size`` requests.

    Args:
        requests: of each stratum at least the first ``size`` in the draw's order, and of those that went wrong the
            first ``size``; in any order.
        totals: how many requests each stratum has.
        size: the most that are drawn.
    """
    ordered = sorted(requests, key=attrgetter("draw", "trace_id"))
    everything = sum(totals.values())
    wrong = [request for request in ordered if request.wrong]
    extra = 0 if everything <= size else min(len(wrong), size // 2)
    kept = _coarse_enough(totals, size - extra)
    sizes: dict[Stratum, int] = {}
    for stratum, count in totals.items():
        sizes[stratum[:kept]] = sizes.get(stratum[:kept], 0) + count
    members: dict[Stratum, list[Request]] = {stratum: [] for stratum in sizes}
    for request in ordered:
        members[request.stratum[:kept]].append(request)
    drawn = [
        Drawn(request=request, weight=sizes[stratum] / seats)
        for stratum, seats in _seats(sizes, size - extra).items()
        for request in members[stratum][:seats]
    ]
    taken = {one.request.trace_id for one in drawn}
    added = islice((request for request in wrong if request.trace_id not in taken), extra)
    return [*drawn, *(Drawn(request=request, weight=None) for request in added)]


def _coarse_enough(strata: Mapping[Stratum, int], seats: int) -> int:
    """How many parts of a stratum's name are kept, so that each has a seat: with fewer, some could never be seen."""
    parts = max(map(len, strata), default=0)
    return next((n for n in range(parts, 0, -1) if len({stratum[:n] for stratum in strata}) <= seats), 0)


def _seats(sizes: Mapping[Stratum, int], seats: int) -> dict[Stratum, int]:
    """Seats in proportion to size (Sainte-Laguë), after one for each."""
    given = dict.fromkeys(sizes, 0)
    queue = [(-float("inf"), stratum) for stratum in sizes]
    heapq.heapify(queue)
    for _ in range(min(seats, sum(sizes.values()))):
        _, stratum = heapq.heappop(queue)
        given[stratum] += 1
        if given[stratum] < sizes[stratum]:
            heapq.heappush(queue, (-sizes[stratum] / (2 * given[stratum] + 1), stratum))
    return given


def design_effect(weights: Sequence[float]) -> float:
    """How many times larger a mean's variance is for its unequal weights: n Σw² / (Σw)² (Kish 1965)."""
    return len(weights) * sum(w * w for w in weights) / sum(weights) ** 2 if weights else 1.0
