"""The batches of a Parquet file, in bounded memory and past damage: what lies behind it is one record."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from llm_eval_pipeline.production.readers.seam import KEPT, Unreadable

_BUFFER = 1 << 20
Choose = Callable[[Sequence[str]], Sequence[str] | str]
"""Gives the columns that are wanted of those that the file has, or says why it is not the file it should be."""


def batches(file: BinaryIO, rows: int, choose: Choose = tuple) -> Iterator[tuple[int, pa.RecordBatch] | Unreadable]:
    """Each batch of at most ``rows`` rows, with the number of its first row in the file, from 1."""
    number = 1
    try:
        parquet = pq.ParquetFile(file, buffer_size=_BUFFER, pre_buffer=False)
        columns = choose(parquet.schema_arrow.names)
        if isinstance(columns, str):
            yield _whole(file, number, columns)
            return
        for group in range(parquet.num_row_groups):  # asked for all groups at once, Arrow holds several of them
            for batch in parquet.iter_batches(rows, row_groups=[group], columns=list(columns)):
                yield number, batch
                number += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:  # ValueError: names in the footer that are no UTF-8
        said = " ".join(str(error).split())[:300]
        yield _whole(file, number, f"the Parquet file was cut or is damaged from here on: {said}")


def _whole(file: BinaryIO, line: int, reason: str) -> Unreadable:
    length = file.seek(0, 2)
    file.seek(0)
    return Unreadable(line=line, reason=reason, kept=file.read(KEPT), length=length)
