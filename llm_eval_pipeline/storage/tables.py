"""What a table is: a name, a schema, and what it is partitioned by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

ROW_GROUP = 8192
"""Rows that are written and read at once, whatever the parts that they came in: the same rows give the same bytes."""
LONG_ROW_GROUP = 65_536
"""The same for tables of which a few columns are read at a time: larger groups are faster to scan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table of the warehouse.

    ``partitioned_by`` is the partition's name in the path (``<name>/week=2026-03-30/``), or None for a table that
    is replaced as a whole. ``key`` names the columns that identify a row: rows are stored sorted by them, and two
    rows with one key are an error.
    """

    name: str
    schema: pa.Schema
    partitioned_by: Literal["week", "day", "file"] | None
    key: tuple[str, ...]
    row_group: int = ROW_GROUP


def money() -> pa.DataType:
    """The type of an amount in USD: exact, to 1e-12, which a single token's price needs."""
    return pa.decimal128(24, 12)


def call_money() -> pa.DataType:
    """The type of what one call or one request cost: as exact, below a million USD, and faster to read."""
    return pa.decimal128(18, 12)


def instant() -> pa.DataType:
    """The type of a point in time: UTC, to the microsecond."""
    return pa.timestamp("us", tz="UTC")
