"""The warehouse: one Parquet dataset per table, one file per partition, on disk or on any fsspec store.

A partition is written whole and takes the old one's place in one step, so a reader sees the old rows or the new ones
and a crash leaves no half of either. The same rows give the same bytes. A reader needs nothing of this project:
``duckdb -c "from 'data/warehouse/model_outputs/*/*.parquet'"`` is enough.
"""

from __future__ import annotations

import glob
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import fsspec
import pyarrow as pa
import pyarrow.parquet as pq

from llm_eval_pipeline.storage.conforming import conform
from llm_eval_pipeline.storage.tables import Table
from llm_eval_pipeline.storage.writing import PartitionWriter


class MissingPartitionError(LookupError):
    """A partition that was asked for is not in the warehouse. The text names it and says how to make it."""


class Warehouse:
    """Partitions of tables below one root.

    Args:
        url: a folder, or an fsspec URL such as ``s3://bucket/prefix``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._fs, self.root = fsspec.core.url_to_fs(url)

    def path(self, table: Table, partition: str | None = None) -> str:
        """Where a partition's file is, in the store's own terms."""
        if (partition is None) != (table.partitioned_by is None):
            raise ValueError(f"{table.name} is partitioned by {table.partitioned_by}, got partition {partition!r}")
        folder = posixpath.join(self.root, table.name)
        if partition is not None:
            folder = posixpath.join(folder, f"{table.partitioned_by}={partition}")
        return posixpath.join(folder, "rows.parquet")

    def write(self, table: Table, partition: str | None, rows: pa.Table | Sequence[Mapping[str, Any]]) -> pa.Table:
        """Replace one partition, and return what was written.

        Args:
            table: the table; its schema is enforced, and a column that is absent from every row becomes null.
            partition: the partition's key, or None for a table without partitions.
            rows: an Arrow table or mappings, in any order.

        Raises:
            ValueError: when two rows share a key, or a column is not in the schema.
            pyarrow.ArrowInvalid: when a value does not fit its column's type.
        """
        arrow = conform(table, rows)
        with self._replacing(self.path(table, partition)) as file:
            pq.write_table(
                arrow, file, row_group_size=table.row_group, compression="zstd", store_decimal_as_integer=True
            )
        return arrow

    @contextmanager
    def writing(self, table: Table, partition: str | None) -> Iterator[PartitionWriter]:
        """Replace one partition by rows that come in parts, in the order of the table's key.

        The parts take the old partition's place together when the block ends, and not at all when it raises.
        """
        with self._replacing(self.path(table, partition)) as file, PartitionWriter(table, file) as writer:
            yield writer

    @contextmanager
    def _replacing(self, target: str) -> Iterator[Any]:
        """A file to write that takes the place of ``target`` at the end, in one step."""
        draft = posixpath.join(posixpath.dirname(target), f".{uuid4().hex}.draft")
        self._fs.makedirs(posixpath.dirname(target), exist_ok=True)
        try:
            with self._fs.open(draft, "wb") as file:
                yield file
            self._fs.mv(draft, target)
        except BaseException:
            if self._fs.exists(draft):
                self._fs.rm(draft)
            raise

    def exists(self, table: Table, partition: str | None = None) -> bool:
        """Whether the partition has been written (an empty one counts)."""
        return bool(self._fs.exists(self.path(table, partition)))

    def read(self, table: Table, partition: str | None = None, columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of one partition.

        Raises:
            MissingPartitionError: when it has never been written.
        """
        self._refuse_missing(table, partition)
        with self._fs.open(self.path(table, partition), "rb") as file:
            return pq.read_table(file, columns=list(columns) if columns else None)

    def batches(
        self, table: Table, partition: str | None = None, columns: Sequence[str] | None = None, rows: int = 2048
    ) -> Iterator[pa.RecordBatch]:
        """The rows of one partition in batches of at most ``rows``, in the order of the table's key.

        Raises:
            MissingPartitionError: when it has never been written.
        """
        self._refuse_missing(table, partition)
        with self._fs.open(self.path(table, partition), "rb") as file:
            parquet = pq.ParquetFile(file)
            for group in range(parquet.num_row_groups):  # asked for all groups at once, Arrow holds several of them
                yield from parquet.iter_batches(rows, row_groups=[group], columns=list(columns) if columns else None)

    def stretches(
        self, table: Table, partition: str, columns: Sequence[str], rows: int, *, every: int = 1, first: int = 0
    ) -> Iterator[pa.Table]:
        """Columns of one partition, some rows at a time, with their texts as dictionaries.

        Args:
            table: the table.
            partition: the partition's key.
            columns: those that are wanted.
            rows: about how many in each.
            every: of the stretches only each so-many-th, for workers that share them.
            first: the first stretch of those.

        Raises:
            MissingPartitionError: when it has never been written, or lacks a column, as an older version left it.
        """
        self._refuse_missing(table, partition)
        if lacking := [name for name in columns if name not in self.schema(table, partition).names]:
            raise MissingPartitionError(
                f"{table.name} of {partition} was written by an older version, without {', '.join(lacking)}: "
                f"materialise the asset {table.name} for it again"
            )
        texts = [name for name in columns if table.schema.field(name).type == pa.string()]
        with self._fs.open(self.path(table, partition), "rb") as file:
            parquet = pq.ParquetFile(file, read_dictionary=texts)
            groups = max(1, rows // table.row_group)
            for start in range(first * groups, parquet.num_row_groups, every * groups):
                several = range(start, min(start + groups, parquet.num_row_groups))
                yield parquet.read_row_groups(list(several), columns=list(columns), use_threads=False)

    def rows(
        self, table: Table, partition: str | None = None, columns: Sequence[str] | None = None
    ) -> Iterator[dict[str, Any]]:
        """The rows of one partition, one after the other, with a batch of them in memory; see :meth:`batches`."""
        for batch in self.batches(table, partition, columns):
            yield from batch.to_pylist()

    def schema(self, table: Table, partition: str | None = None) -> pa.Schema:
        """The columns that one partition really has; see :meth:`read` for the error."""
        self._refuse_missing(table, partition)
        with self._fs.open(self.path(table, partition), "rb") as file:
            return pq.read_schema(file)

    def read_many(self, table: Table, partitions: Iterable[str], columns: Sequence[str] | None = None) -> pa.Table:
        """The rows of those partitions that exist, one after the other, in the order given."""
        found = [self.read(table, key, columns) for key in partitions if self.exists(table, key)]
        schema = table.schema if not columns else pa.schema([table.schema.field(c) for c in columns])
        return pa.concat_tables(found) if found else schema.empty_table()

    def partitions(self, table: Table) -> list[str]:
        """The keys of the partitions that exist, sorted."""
        if table.partitioned_by is None:
            raise ValueError(f"{table.name} has no partitions")
        pattern = posixpath.join(glob.escape(self.root), table.name, f"{table.partitioned_by}=*", "rows.parquet")
        return sorted(posixpath.basename(posixpath.dirname(p)).partition("=")[2] for p in self._fs.glob(pattern))

    def _refuse_missing(self, table: Table, partition: str | None) -> None:
        if not self.exists(table, partition):
            where = f" for {table.partitioned_by} {partition}" if partition else ""
            raise MissingPartitionError(
                f"{table.name} has no rows stored{where}: materialise the asset {table.name}{where} first"
            )

    def files(self, table: Table, partitions: Iterable[str]) -> list[str]:
        """The files of those partitions that exist, for an engine that reads Parquet by itself."""
        return [self.path(table, key) for key in partitions if self.exists(table, key)]
