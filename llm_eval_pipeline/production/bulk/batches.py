"""A file's lines in batches of a bounded size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llm_eval_pipeline.production.readers.lines import Line
from llm_eval_pipeline.production.readers.seam import Unreadable

_BYTES = 10 << 20
"""Of lines that are read at once; Arrow takes some three times as much for what it finds in them."""

Found = Line | Unreadable


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
