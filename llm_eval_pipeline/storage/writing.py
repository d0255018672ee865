"""A partition written in parts: for tables that are larger than memory, or whose rows come while work goes on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from llm_eval_pipeline.storage.conforming import conform
from llm_eval_pipeline.storage.tables import Table


class PartitionWriter:
    """Rows go in, in the order of the table's key; ``rows`` counts them."""

    def __init__(self, table: Table, file: Any) -> None:
        self.rows = 0
        self._table = table
        self._writer = pq.ParquetWriter(file, table.schema, compression="zstd", store_decimal_as_integer=True)
        self._held = table.schema.empty_table()
        self._last: tuple[Any, ...] | None = None

    def __enter__(self) -> PartitionWriter:
        """Ready for rows."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Write what is held."""
        if error is None and len(self._held):
            self._writer.write_table(self._held.combine_chunks())
        self._writer.close()

    def add(self, rows: pa.Table | Sequence[Mapping[str, Any]]) -> pa.Table:
        """Append rows, and return them as they are stored.

        Raises:
            ValueError: when a column is not in the schema, two rows share a key, or the rows do not all come after
                those that were added before.
            pyarrow.ArrowInvalid: when a value does not fit its column's type.
        """
        arrow = conform(self._table, rows)
        if len(arrow):
            self._keep_order(arrow)
            self.rows += len(arrow)
            self._held = pa.concat_tables([self._held, arrow])
            while len(self._held) >= self._table.row_group:
                self._writer.write_table(self._held.slice(0, self._table.row_group).combine_chunks())
                self._held = self._held.slice(self._table.row_group)
        return arrow

    def _keep_order(self, arrow: pa.Table) -> None:
        first, last = (tuple(arrow.column(name)[place].as_py() for name in self._table.key) for place in (0, -1))
        if self._last is not None and first <= self._last:
            raise ValueError(f"{self._table.name}: the key {first} comes after {self._last}; parts must be in order")
        self._last = last
