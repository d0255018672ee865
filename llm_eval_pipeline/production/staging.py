"""Staging: one file's records become rows of ``landed_spans``, and the others rows of ``quarantine``.

When a file arrived is read from its name where that begins with a day, so that laying the same files again gives the
same rows; only a file without a day in its name arrives when it was last modified.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from llm_eval_pipeline.costs.prices import Price
from llm_eval_pipeline.production.bulk.reading import tables
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers.seam import LineReader, Reader
from llm_eval_pipeline.production.records import Books, table_of
from llm_eval_pipeline.production.rows import Origin
from llm_eval_pipeline.production.schema import INGEST_FILES, LANDED_SPANS, QUARANTINE
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import start_of

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file below the landing folder, its name there, who reads it, and what tells one version from another."""

    path: Path
    name: str
    reader: Reader
    identity: Mapping[str, Any]


def stage(found: FoundFile, warehouse: Warehouse, price: Price, now: datetime) -> dict[str, Any]:
    """Stage one file, and return its row of ``ingest_files``.

    That row is written last, so a file that a crash cut short is read again.
    """
    day = _named_day(found.name)
    arrived = start_of(day) + _DAY if day else datetime.fromtimestamp(found.path.stat().st_mtime, UTC)
    latest = (arrived if day else max(now, arrived)) + _DAY
    origin = Origin(source=found.reader.source, file=found.name, arrived_at=arrived, latest=latest)
    books, partition = Books(), file_partition(found.name)
    with found.path.open("rb") as file:
        if isinstance(found.reader, LineReader):
            with warehouse.writing(LANDED_SPANS, partition) as writer:
                for rows in tables(found.reader, file, found.name, origin, price, books):
                    writer.add(rows)
        else:
            warehouse.write(
                LANDED_SPANS, partition, table_of(found.reader.records(file, found.name), origin, price, books)
            )
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
        "spans": books.spans,
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
