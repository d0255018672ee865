"""A file's lines in batches, each made into rows by a thread of its own, in the file's order and in bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

from llm_eval_pipeline.production.readers.lines import Line
from llm_eval_pipeline.production.readers.seam import Unreadable

_BYTES = 6 << 20
"""Of lines that are read at once; Arrow takes some three times as much for what it finds in them."""

Found = Line | Unreadable
Given = TypeVar("Given")
Made = TypeVar("Made")


def batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """The lines, about as many at once as the bytes allow."""
    batch, size = list[Found](), 0
    for line in found:
        batch.append(line)
        size += len(line.data) if isinstance(line, Line) else 0
        if size >= _BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def in_order(work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
    """What comes of the work on each, in order; a few are under way at once."""
    threads = min(os.cpu_count() or 1, 8)
    under_way: deque[Future[Made]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        for each in given:
            under_way.append(pool.submit(work, each))
            if len(under_way) > threads:
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()
