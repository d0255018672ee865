"""Rows that fit their table: its columns and types, sorted by its key, each key once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.storage.tables import Table


def conform(table: Table, rows: pa.Table | Sequence[Mapping[str, Any]]) -> pa.Table:
    """``rows`` with the table's columns and types, sorted by its key."""
    names = set(rows.column_names) if isinstance(rows, pa.Table) else {name for row in rows for name in row}
    unknown = sorted(names - set(table.schema.names))
    if unknown:
        raise ValueError(f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(table.schema.names)}")
    if isinstance(rows, pa.Table):
        columns = [
            rows.column(f.name).cast(f.type) if f.name in names else pa.nulls(len(rows), f.type) for f in table.schema
        ]
        arrow = pa.Table.from_arrays(columns, schema=table.schema)
    else:
        arrow = pa.Table.from_pylist(list(rows), schema=table.schema)
        _refuse_fractions(table, rows)
    if table.key and len(arrow) and not _is_in_order(arrow, table.key):
        arrow = arrow.sort_by([(column, "ascending") for column in table.key])
        _refuse_shared_keys(table, arrow)
    return arrow.combine_chunks()


def _is_in_order(arrow: pa.Table, key: Sequence[str]) -> bool:
    """Whether each row's key comes after the one before, which is faster to see than to sort; not so with nulls."""
    is_after, is_same = pa.scalar(False), pa.scalar(True)
    for name in key:
        one, next_one = arrow[name].slice(0, len(arrow) - 1), arrow[name].slice(1)
        is_after = pc.or_(is_after, pc.and_(is_same, pc.greater(next_one, one)))
        is_same = pc.and_(is_same, pc.equal(next_one, one))
    return len(arrow) == 1 or pc.all(is_after, skip_nulls=False).as_py() is True


def _refuse_fractions(table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Arrow cuts a fraction off without a word where it builds whole numbers from Python's."""
    for name in [field.name for field in table.schema if pa.types.is_integer(field.type)]:
        for row in rows:
            value = row.get(name)
            if isinstance(value, float | Decimal) and value != int(value):
                raise pa.ArrowInvalid(f"{table.name}.{name} holds whole numbers, got {value!r}")


def _refuse_shared_keys(table: Table, arrow: pa.Table) -> None:
    counts = arrow.group_by(list(table.key)).aggregate([([], "count_all")])
    shared = counts.filter(pc.greater(counts["count_all"], 1))
    if len(shared):
        first = {column: shared[column][0].as_py() for column in table.key}
        raise ValueError(f"{table.name}: {len(shared)} keys stand in several rows, the first is {first}")
