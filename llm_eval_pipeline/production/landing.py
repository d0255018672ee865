"""Landing: every file below a folder is read once, and its spans staged in a partition of its own.

A file is known by its name below the folder, its size and its digest. One that has not changed is not read again; one
that has replaces its own rows and no others. What is staged survives the file, so a landing folder may be emptied.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers import OtlpJsonReader, OtlpProtobufReader, Reader
from llm_eval_pipeline.production.rows import Origin, Price, span_row
from llm_eval_pipeline.production.schema import INGEST_FILES, LANDED_SPANS, QUARANTINE, SCHEMA_VERSION
from llm_eval_pipeline.production.spans import BadSpanError
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import start_of

READERS: tuple[Reader, ...] = (OtlpJsonReader(), OtlpProtobufReader())
_BATCH = 8192
_NOT_SPANS = {"sample.json"}  # the note that laying the sample leaves in the folder
_DAY = timedelta(days=1)


class MissingLandingFolderError(FileNotFoundError):
    """The landing folder is not there. The text names it and the setting that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingReport:
    """What one landing did; ``records`` = ``spans`` + ``quarantined``, all of newly read files."""

    read: tuple[str, ...]
    unchanged: int
    ignored: tuple[str, ...]
    records: int
    spans: int
    quarantined: int
    unpriced_calls: int
    days: tuple[str, ...]
    """Days whose rows may have changed: those of the files as they are, and as they were."""


def land(
    folder: Path,
    warehouse: Warehouse,
    price: Price,
    *,
    readers: Sequence[Reader] = READERS,
    now: datetime | None = None,
) -> LandingReport:
    """Stage every file below ``folder`` that is new or has changed.

    Args:
        folder: the landing folder; names that begin with a dot are passed over.
        warehouse: where ``landed_spans``, ``quarantine`` and ``ingest_files`` are.
        price: the price of a call; a model without one is counted in ``unpriced_calls``.
        readers: the first that accepts a file's name reads it; a file that none accepts is ``ignored``.
        now: spans of undated files that start more than a day after it are quarantined; by default the clock.

    Raises:
        MissingLandingFolderError: when ``folder`` does not exist.
    """
    if not folder.is_dir():
        raise MissingLandingFolderError(f"the landing folder {folder} does not exist: set LLM_EVAL_TRACES to yours")
    now = now or datetime.now(UTC)
    ignored, unchanged, landed, days = [], 0, list[dict[str, Any]](), set[str]()
    for name in _names(folder):
        reader = next((reader for reader in readers if reader.accepts(name)), None)
        if reader is None:
            ignored.append(name)
            continue
        path = folder / name
        identity = _identity(path)
        before = warehouse.read_many(INGEST_FILES, [file_partition(name)]).to_pylist()
        if before and all(before[0][field] == value for field, value in identity.items()):
            unchanged += 1
            continue
        row = _land_file(path, name, reader, identity, warehouse, price, now)
        landed.append(row)
        days.update(row["days"], [row["home_day"]], *(old["days"] for old in before))
    return LandingReport(
        read=tuple(row["file"] for row in landed),
        unchanged=unchanged,
        ignored=tuple(ignored),
        records=sum(row["records"] for row in landed),
        spans=sum(row["spans"] for row in landed),
        quarantined=sum(row["quarantined"] for row in landed),
        unpriced_calls=sum(row["unpriced_calls"] for row in landed),
        days=tuple(sorted(days)),
    )


def _names(folder: Path) -> list[str]:
    """Files below the folder, by their names relative to it, sorted."""
    found = []
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(root, name).relative_to(folder).as_posix() for name in files if _may_hold_spans(name)]
    return sorted(found)


def _may_hold_spans(name: str) -> bool:
    return not name.startswith(".") and name not in _NOT_SPANS


def _identity(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return {"size": path.stat().st_size, "sha256": digest, "schema_version": SCHEMA_VERSION}


def _named_day(name: str) -> date | None:
    """The day that a file's own name begins with, as in ``2026-03-30.otlp.jsonl.gz``."""
    try:
        return date.fromisoformat(name.rpartition("/")[2][:10])
    except ValueError:
        return None


def _land_file(
    path: Path,
    name: str,
    reader: Reader,
    identity: dict[str, Any],
    warehouse: Warehouse,
    price: Price,
    now: datetime,
) -> dict[str, Any]:
    """Stage one file; its row in ``ingest_files`` is written last, so a crash before it reads the file again."""
    day = _named_day(name)
    modified = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    arrived = start_of(day) + _DAY if day else modified
    origin = Origin(
        source=reader.source, file=name, arrived_at=arrived, latest=(arrived if day else max(now, arrived)) + _DAY
    )
    books, quarantined, days = Counter[str](), list[dict[str, Any]](), set[str]()
    with path.open("rb") as file:
        rows = _rows(reader.records(file, name), origin, price, books, quarantined, days)
        spans = _table(rows)
    partition = file_partition(name)
    warehouse.write(LANDED_SPANS, partition, spans)
    if quarantined or warehouse.exists(QUARANTINE, partition):
        warehouse.write(QUARANTINE, partition, quarantined)
    row = {
        "file": name,
        **identity,
        "read_as": reader.name,
        "arrived_at": arrived,
        "home_day": (day or (date.fromisoformat(max(days)) if days else arrived.date())).isoformat(),
        "records": books["records"],
        "spans": len(spans),
        "quarantined": len(quarantined),
        "unpriced_calls": books["unpriced_calls"],
        "days": sorted(days),
    }
    warehouse.write(INGEST_FILES, partition, [row])
    return row


def _rows(
    records: Iterable[Any],
    origin: Origin,
    price: Price,
    books: Counter[str],
    quarantined: list[dict[str, Any]],
    days: set[str],
) -> Iterator[dict[str, Any]]:
    """A row for each good record; ``books``, ``quarantined`` and ``days`` fill as the rows are drawn."""
    for record in records:
        books["records"] += 1
        try:
            row, unpriced = span_row(record.span(), record.line, record.part, origin, price)
        except BadSpanError as error:
            quarantined.append(
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
        books["unpriced_calls"] += unpriced
        days.add(row["day"])
        yield row


def _table(rows: Iterator[dict[str, Any]]) -> pa.Table:
    """Rows as Arrow, a batch at a time, since Python objects take many times the room."""
    batches, batch = [], list[dict[str, Any]]()
    for row in rows:
        batch.append(row)
        if len(batch) == _BATCH:
            batches.append(pa.Table.from_pylist(batch, schema=LANDED_SPANS.schema))
            batch = []
    batches.append(pa.Table.from_pylist(batch, schema=LANDED_SPANS.schema))
    return pa.concat_tables(batches)
