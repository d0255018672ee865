"""Landing: every file below a folder is read once, and its spans staged in a partition of its own.

A file is known by its name below the folder, its size and its digest (with that of a mapping that it is read with). One
that has not changed is not read again; one that has replaces its own rows and no others. What is staged survives the
file, so a landing folder may be emptied.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llm_eval_pipeline.costs.prices import Price
from llm_eval_pipeline.production.choosing import MappedReaders, reader_of
from llm_eval_pipeline.production.mapping import MAPPING_FILE, MappingError
from llm_eval_pipeline.production.partitions import file_partition
from llm_eval_pipeline.production.readers import (
    LangfuseJsonReader,
    LangfuseParquetReader,
    LangSmithJsonReader,
    LangSmithParquetReader,
    MlflowJsonReader,
    OtlpJsonReader,
    OtlpProtobufReader,
    Reader,
    Versioned,
    WeaveJsonReader,
)
from llm_eval_pipeline.production.readers.unpacking import beginning
from llm_eval_pipeline.production.schema import INGEST_FILES, SCHEMA_VERSION
from llm_eval_pipeline.production.staging import FoundFile, stage
from llm_eval_pipeline.storage.warehouse import Warehouse

READERS: tuple[Reader, ...] = (
    *(MlflowJsonReader(), WeaveJsonReader(), LangSmithJsonReader(), LangfuseJsonReader(), OtlpJsonReader()),
    *(OtlpProtobufReader(), LangfuseParquetReader(), LangSmithParquetReader()),
)
"""In this order: what no other JSON reader knows goes to OTLP's, what no other Parquet reader knows to LangSmith's."""

_NOT_SPANS = {"sample.json", MAPPING_FILE}  # the first is the note that laying the sample leaves in the folder


class MissingLandingFolderError(FileNotFoundError):
    """The landing folder is not there. The text names it and the setting that names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LandingReport:
    """What one landing did; ``records`` = ``spans`` + ``open`` + ``quarantined``, all of newly read files."""

    read: tuple[str, ...]
    unchanged: int
    ignored: tuple[str, ...]
    refused: tuple[str, ...]
    """What is wrong with mappings; the files that they hold for were left as they are."""
    records: int
    spans: int
    open: int
    """Spans that had not ended when they were written down: they wait until they come again."""
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
    mapping: Path | None = None,
    now: datetime | None = None,
) -> LandingReport:
    """Stage every file below ``folder`` that is new or has changed.

    Args:
        folder: the landing folder; names that begin with a dot are passed over.
        warehouse: where ``landed_spans``, ``quarantine`` and ``ingest_files`` are.
        price: the price of a call; a model without one is counted in ``unpriced_calls``.
        readers: the first that accepts a file reads it; a file that none accepts is ``ignored``.
        mapping: says which column is which in files of rows that have no ``mapping.yaml`` beside or above them.
        now: spans of undated files that start more than a day after it are quarantined; by default the clock.

    Raises:
        MissingLandingFolderError: when ``folder`` does not exist.
    """
    if not folder.is_dir():
        raise MissingLandingFolderError(f"the landing folder {folder} does not exist: set LLM_EVAL_TRACES to yours")
    now = now or datetime.now(UTC)
    ignored, refused, unchanged, landed, days = [], dict[str, None](), 0, list[dict[str, Any]](), set[str]()
    mapped = MappedReaders(folder, mapping)
    for name in _names(folder):
        path = folder / name
        try:
            reader = reader_of(name, beginning(path), readers, mapped)
        except MappingError as error:
            refused[str(error)] = None
            continue
        if reader is None:
            ignored.append(name)
            continue
        identity = _identity(path, reader)
        before = warehouse.read_many(INGEST_FILES, [file_partition(name)]).to_pylist()
        if before and all(before[0][field] == value for field, value in identity.items()):
            unchanged += 1
            continue
        row = stage(FoundFile(path=path, name=name, reader=reader, identity=identity), warehouse, price, now)
        landed.append(row)
        days.update(row["days"], [row["home_day"]], *(old["days"] for old in before))
    return LandingReport(
        read=tuple(row["file"] for row in landed),
        unchanged=unchanged,
        ignored=tuple(ignored),
        refused=tuple(refused),
        records=sum(row["records"] for row in landed),
        spans=sum(row["spans"] for row in landed),
        open=sum(row["open"] for row in landed),
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


def _identity(path: Path, reader: Reader) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256")
    if isinstance(reader, Versioned):
        digest.update(reader.version.encode())
    return {"size": path.stat().st_size, "sha256": digest.hexdigest(), "schema_version": SCHEMA_VERSION}
