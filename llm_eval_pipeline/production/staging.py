"""Staging: one file's records become rows of ``landed_spans``, and the others rows of ``quarantine``.

When a file arrived is read from its name where that begins with a day, so that laying the same files again gives the
same rows; only a file without a day in its name arrives when it was last modified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa

from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers.seam import Reader, Record
from llm_eval_pipeline.production.rows import Origin, Price, span_row
from llm_eval_pipeline.production.schema import INGEST_FILES, LANDED_SPANS, QUARANTINE
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import start_of

_BATCH = 8192
_DAY = timedelta(days=1)
_SCHEMA = LANDED_SPANS.schema


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file below the landing folder, its name there, who reads it, and what tells one version from another."""

    path: Path
    name: str
    reader: Reader
    identity: Mapping[str, Any]


@dataclass(slots=True)
class _Books:
    """What is counted while a file is read."""

    records: int = 0
    open: int = 0
    unpriced_calls: int = 0
    days: set[str] = field(default_factory=set)
    quarantined: list[dict[str, Any]] = field(default_factory=list)


def stage(found: FoundFile, warehouse: Warehouse, price: Price, now: datetime) -> dict[str, Any]:
    """Stage one file, and return its row of ``ingest_files``.

    That row is written last, so a file that a crash cut short is read again.
    """
    day = _named_day(found.name)
    arrived = start_of(day) + _DAY if day else datetime.fromtimestamp(found.path.stat().st_mtime, UTC)
    latest = (arrived if day else max(now, arrived)) + _DAY
    origin = Origin(source=found.reader.source, file=found.name, arrived_at=arrived, latest=latest)
    books = _Books()
    with found.path.open("rb") as file:
        spans = _table(_rows(found.reader.records(file, found.name), origin, price, books))
    partition = file_partition(found.name)
    warehouse.write(LANDED_SPANS, partition, spans)
    if books.quarantined or warehouse.exists(QUARANTINE, partition):
        warehouse.write(QUARANTINE, partition, books.quarantined)
    newest = date.fromisoformat(max(books.days)) if books.days else arrived.date()
    row = {
        "file": found.name,
        **found.identity,
        "read_as": found.reader.name,
        "arrived_at": arrived,
        "home_day": (day or newest).isoformat(),
        "records": books.records,
        "spans": len(spans),
        "open": books.open,
        "quarantined": len(books.quarantined),
        "unpriced_calls": books.unpriced_calls,
        "days": sorted(books.days),
    }
    warehouse.write(INGEST_FILES, partition, [row])
    return row


def _named_day(name: str) -> date | None:
    """The day that a file's own name begins with, as in ``2026-03-30.otlp.jsonl.gz``."""
    try:
        return date.fromisoformat(name.rpartition("/")[2][:10])
    except ValueError:
        return None


def _rows(records: Iterator[Record], origin: Origin, price: Price, books: _Books) -> Iterator[dict[str, Any]]:
    """A row for each good record; the books fill as the rows are drawn."""
    for record in records:
        books.records += 1
        try:
            row, unpriced = span_row(record.span(), record.line, record.part, origin, price)
        except OpenSpanError:
            books.open += 1
            continue
        except BadSpanError as error:
            books.quarantined.append(
                {
                    "file": origin.file,
                    "line": record.line,
                    "part": record.part,
                    "reason": str(error),
                    "raw": record.raw(),
                    "raw_bytes": record.size(),
                }
            )
            continue
        books.unpriced_calls += unpriced
        books.days.add(row["day"])
        yield row


def _table(rows: Iterator[dict[str, Any]]) -> pa.Table:
    """Rows as Arrow, a batch at a time, since Python objects take many times the room."""
    tables = [pa.Table.from_pylist(batch, schema=_SCHEMA) for batch in iter(lambda: list(islice(rows, _BATCH)), [])]
    return pa.concat_tables([_SCHEMA.empty_table(), *tables])
