"""The rows of a Parquet file as plain values; a value that cannot be read costs only its row."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from uuid import UUID

import orjson
import pyarrow as pa

from llm_eval_pipeline.production.readers.parquet_batches import batches
from llm_eval_pipeline.production.readers.seam import KEPT, Unreadable

_BATCH = 256
_UUID_BYTES = 16
_INSTANT = pa.timestamp("us", "UTC")


@dataclass(frozen=True, slots=True)
class ParquetRow:
    """A row that is a record by itself; its ``line`` is its number in the file, from 1."""

    line: int
    found: dict[str, Any]
    part: int = 0

    def raw(self) -> bytes:
        """The row as JSON, possibly only its beginning."""
        return as_json(self.found)[:KEPT]

    def size(self) -> int:
        """How many bytes that are."""
        return len(as_json(self.found))


def as_json(row: dict[str, Any]) -> bytes:
    """A row as JSON; what JSON has no kind for is written as text."""
    return orjson.dumps(row, default=str)


def rows(
    file: BinaryIO, columns: Collection[str], needed: Collection[str], what: str
) -> Iterator[ParquetRow | Unreadable]:
    """Each row, with those of ``columns`` that the file has; a file that lacks one of ``needed`` is one record."""

    def choose(names: Sequence[str]) -> Sequence[str] | str:
        if missing := [name for name in needed if name not in names]:
            return f"no {what}: the file has no column {', '.join(missing)}"
        return [name for name in columns if name in names]

    for some in batches(file, _BATCH, choose):
        if isinstance(some, Unreadable):
            yield some
            continue
        for number, (found, reason) in enumerate(_plain_rows(some[1]), some[0]):
            yield _unreadable(number, found, reason) if reason else ParquetRow(number, found)


def _plain_rows(batch: pa.RecordBatch) -> Iterator[tuple[dict[str, Any], str]]:
    """Each row with why it cannot be read, empty when it can."""
    columns = {name: _in_microseconds(column) for name, column in zip(batch.schema.names, batch.columns, strict=True)}
    for index in range(batch.num_rows):
        found, reason = dict[str, Any](), ""
        for name, column in columns.items():
            try:
                found[name] = _plain(column[index].as_py(maps_as_pydicts="lossy"), column.type)
            except (ValueError, OverflowError) as error:  # no UTF-8, or a time that no calendar has
                reason = f"the column {name} cannot be read: {error}"
        yield found, reason


def _in_microseconds(column: pa.Array) -> pa.Array:
    return column.cast(_INSTANT, safe=False) if pa.types.is_timestamp(column.type) else column


def _plain(value: Any, kind: pa.DataType) -> Any:
    """A value as JSON would have it: some writers store texts and UUIDs as bytes."""
    if isinstance(value, bytes):
        is_uuid = pa.types.is_fixed_size_binary(kind) and len(value) == _UUID_BYTES
        return str(UUID(bytes=value)) if is_uuid else value.decode()
    if isinstance(value, list):
        return [_plain(each, kind) for each in value]
    if isinstance(value, dict):
        return {str(_plain(name, kind)): _plain(each, kind) for name, each in value.items()}
    return str(value) if isinstance(value, UUID) else value


def _unreadable(number: int, found: dict[str, Any], reason: str) -> Unreadable:
    kept = as_json(found)
    return Unreadable(line=number, reason=reason, kept=kept[:KEPT], length=len(kept))
