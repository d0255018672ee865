"""Rows of Parquet files for a mapping, their times to the nanosecond."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa

from llm_eval_pipeline.production.readers.columns.row import Instant, Row
from llm_eval_pipeline.production.readers.parquet_batches import batches
from llm_eval_pipeline.production.readers.seam import Unreadable

_BATCH = 1024
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def parquet_rows(file: BinaryIO) -> Iterator[Row | Unreadable]:
    """Each row, and one record for what cannot be read."""
    for some in batches(file, _BATCH):
        if isinstance(some, Unreadable):
            yield some
        else:
            yield from _rows(some[1], some[0])


def _rows(batch: pa.RecordBatch, first: int) -> Iterator[Row | Unreadable]:
    columns = [_values(column) for column in batch.columns]
    for place in range(batch.num_rows):
        try:
            values = {name: column(place) for name, column in zip(batch.schema.names, columns, strict=True)}
        except (ValueError, OverflowError, pa.ArrowException) as error:  # such as text that is no UTF-8
            reason = f"a value of the row cannot be read: {error}"[:300]
            yield Unreadable(line=first + place, reason=reason, kept=reason.encode(), length=len(reason.encode()))
        else:
            yield Row(first + place, 0, values)


def _values(column: pa.Array) -> Any:
    """What gives the value in one place of a column; Arrow's nanoseconds do not fit Python's own times."""
    if pa.types.is_timestamp(column.type):
        ns = _NS[column.type.unit]
        return [None if at is None else Instant(at * ns) for at in column.cast(pa.int64()).to_pylist()].__getitem__
    try:
        return column.to_pylist().__getitem__
    except (ValueError, OverflowError, pa.ArrowException):  # one of them; then each for itself
        return lambda place: column[place].as_py()
