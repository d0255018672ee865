"""The draw: which requests of a week are sampled, from strata of which only the first few requests are held.

A request's place in the draw is a hash of its trace's id, so drawing again gives the same requests, and those that
arrive late take the places of as few others as they can. Strata are a model's, a feature's and a feedback's, of which
each has a seat (``seats.py``). A request stands for ``weight`` requests of its stratum, so weighted sums estimate sums
over all, whatever the seats (Horvitz and Thompson 1952, J. Am. Stat. Assoc. 47: 663-685).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from operator import attrgetter

from llm_eval_pipeline.production.seats import Stratum, fewest_seats, seats_of

_LEAST_FOR_WRONG = 10
"""One seat in so many may go to requests that went wrong, however many seats estimates want."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that may be drawn; ``draw`` is its place, and ``wrong`` that it is known to have gone wrong."""

    trace_id: str
    stratum: Stratum
    draw: str
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """A request that was drawn; one without a ``weight`` was added because it went wrong, and stands for none."""

    request: Request
    weight: float | None


def draw(
    requests: Iterable[Request], totals: Mapping[Stratum, int], size: int, wanted: int | None = None
) -> list[Drawn]:
    """At most ``size`` requests.

    Args:
        requests: of each stratum at least the first ``size`` in the draw's order, and of those that went wrong the
            first ``size``; in any order.
        totals: how many requests each stratum has.
        size: the most that are drawn.
        wanted: how many of equal weight estimates want; as many more are drawn as unequal weights cost. None: as many
            as there is room for.
    """
    ordered = sorted(requests, key=attrgetter("draw", "trace_id"))
    wrong = [request for request in ordered if request.wrong]
    seats = size if wanted is None else fewest_seats(_strata(totals, size), wanted, size)
    room = size // 2 if wanted is None else _room_beside(seats, size)
    extra = 0 if sum(totals.values()) <= seats else min(len(wrong), room)
    sizes = _strata(totals, size - extra)
    members: dict[Stratum, list[Request]] = {stratum: [] for stratum in sizes}
    kept = max(map(len, sizes), default=0)
    for request in ordered:
        members[request.stratum[:kept]].append(request)
    drawn = list[Drawn]()
    for stratum, given in seats_of(sizes, min(seats, size - extra)).items():
        chosen = members[stratum][:given]
        drawn += (Drawn(request=each, weight=sizes[stratum] / len(chosen)) for each in chosen)
    taken = {one.request.trace_id for one in drawn}
    added = islice((request for request in wrong if request.trace_id not in taken), extra)
    return [*drawn, *(Drawn(request=request, weight=None) for request in added)]


def _room_beside(seats: int, size: int) -> int:
    """For those that went wrong beside the seats that estimates want: half as many, in what these leave."""
    return min(seats // 2, max(size - seats, size // _LEAST_FOR_WRONG))


def _strata(totals: Mapping[Stratum, int], seats: int) -> dict[Stratum, int]:
    """Sizes of strata so coarse that each can have a seat: without one, some could never be seen."""
    parts = max(map(len, totals), default=0)
    kept = next((n for n in range(parts, 0, -1) if len({stratum[:n] for stratum in totals}) <= seats), 0)
    sizes: dict[Stratum, int] = {}
    for stratum, count in totals.items():
        sizes[stratum[:kept]] = sizes.get(stratum[:kept], 0) + count
    return sizes
