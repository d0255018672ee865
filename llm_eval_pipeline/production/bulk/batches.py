"""A file's lines in batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm_eval_pipeline.production.readers.lines import Line
from llm_eval_pipeline.production.readers.seam import Unreadable

_FIRST = 256 << 10
"""Bytes of lines in the first batch, which shows whether a file's spans are ordinary."""
_BYTES = 10 << 20
"""In the others; Arrow takes some three times as much for what it finds in them."""

Found = Line | Unreadable


def batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    """The lines in their order, a few and then many at once."""
    batch, size, limit = list[Found](), 0, _FIRST
    for line in found:
        batch.append(line)
        size += len(line.data) if isinstance(line, Line) else 0
        if size >= limit:
            yield batch
            batch, size, limit = [], 0, _BYTES
    if batch:
        yield batch
