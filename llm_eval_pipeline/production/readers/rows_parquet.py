"""Rows of Parquet files, some thousand at a time. Rows count from 1; what lies behind damage is one record."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from llm_eval_pipeline.production.readers.row import Instant, Row
from llm_eval_pipeline.production.readers.seam import KEPT, Unreadable

_BATCH = 1024
_NS = {"s": 1_000_000_000, "ms": 1_000_000, "us": 1_000, "ns": 1}


def parquet_rows(file: BinaryIO) -> Iterator[Row | Unreadable]:
    """Each row, and one record for what cannot be read."""
    line = 0
    try:
        parquet = pq.ParquetFile(file)
        for group in range(parquet.num_row_groups):  # asked for all groups at once, Arrow holds several of them
            for batch in parquet.iter_batches(_BATCH, row_groups=[group]):
                for row in _rows(batch, line):
                    line = row.line
                    yield row
    except (pa.ArrowException, OSError) as error:
        file.seek(0)
        kept, length = file.read(KEPT), file.seek(0, 2)
        reason = f"Parquet is damaged, was cut, or is still being written: {' '.join(str(error).split())[:300]}"
        yield Unreadable(line=line + 1, reason=reason, kept=kept, length=length)


def _rows(batch: pa.RecordBatch, before: int) -> Iterator[Row | Unreadable]:
    columns = [_values(column) for column in batch.columns]
    for place in range(batch.num_rows):
        try:
            values = {name: column(place) for name, column in zip(batch.schema.names, columns, strict=True)}
        except (ValueError, OverflowError, pa.ArrowException) as error:  # such as text that is no UTF-8
            reason = f"a value of the row cannot be read: {error}"[:300]
            yield Unreadable(line=before + place + 1, reason=reason, kept=reason.encode(), length=len(reason.encode()))
        else:
            yield Row(before + place + 1, 0, values)


def _values(column: pa.Array) -> Any:
    """What gives the value in one place of a column; Arrow's nanoseconds do not fit Python's own times."""
    if pa.types.is_timestamp(column.type):
        ns = _NS[column.type.unit]
        return [None if at is None else Instant(at * ns) for at in column.cast(pa.int64()).to_pylist()].__getitem__
    try:
        return column.to_pylist().__getitem__
    except (ValueError, OverflowError, pa.ArrowException):  # one of them; then each for itself
        return lambda place: column[place].as_py()
