"""Two ways to do one thing, in turns in one process: medians of both, and of their ratio."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from statistics import median

from benchmarks.table import Options, Row

Work = Callable[[], object]


def compared(what: str, ours: Work, peer_name: str, peer: Work, options: Options, goal: str = "") -> Iterator[Row]:
    """Two rows; below 1 is faster than the peer."""
    ours(), peer()  # imports and caches
    pairs = [(_seconds(ours), _seconds(peer)) for _ in range(1 if options.quick else options.runs)]
    mine, theirs = median(a for a, _ in pairs), median(b for _, b in pairs)
    ratio = median(a / b for a, b in pairs)
    yield Row(what=what, who="ours", result=f"{mine * 1e3:.1f} ms", ratio=f"{ratio:.2f} × the peer", goal=goal)
    yield Row(what=what, who=peer_name, result=f"{theirs * 1e3:.1f} ms")


def _seconds(work: Work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started
