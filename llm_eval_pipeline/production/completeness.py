"""The books: what landed in which file, what each day kept of it, and which days the two disagree about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.production.schema import INGEST_COMPLETENESS, INGEST_FILES
from llm_eval_pipeline.storage.warehouse import Warehouse

_COUNTS = ("landed", "written", "duplicates", "conflicting", "late", "quarantined")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """The books of one day: ``landed`` = ``written`` + ``duplicates`` + ``conflicting``.

    ``late`` are those of the written that arrived late; ``quarantined`` are records of the files whose home is the
    day: the day in the file's name, or else the newest that it holds.
    """

    day: str
    files: int
    landed: int
    written: int
    duplicates: int
    conflicting: int
    late: int
    quarantined: int


def landed_files(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of ``ingest_files``, one per landed file."""
    rows: list[dict[str, Any]] = warehouse.read_many(INGEST_FILES, warehouse.partitions(INGEST_FILES)).to_pylist()
    return rows


def write_books(
    day: str, found: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]], warehouse: Warehouse
) -> DayReport:
    """Write a day's ``ingest_completeness``: the counts found per file, and what its own files had quarantined."""
    books = {row["file"]: dict(row) for row in found}
    digests = {}
    for row in files:
        digests[row["file"]] = row["sha256"]
        if _is_home(row, day):
            books.setdefault(row["file"], {})["quarantined"] = row["quarantined"]
    rows = [
        {"file": file, "sha256": digests[file], **{name: row.get(name, 0) for name in _COUNTS}}
        for file, row in books.items()
    ]
    warehouse.write(INGEST_COMPLETENESS, day, rows)
    return DayReport(day=day, files=len(rows), **{name: sum(row[name] for row in rows) for name in _COUNTS})


def stale_days(warehouse: Warehouse) -> list[str]:
    """Days whose staged files are not those that the day was last compiled from.

    It compares the books and needs no memory of what landed when: after a crash between landing and compiling it names
    the days that are still to be compiled. A day that holds nothing but quarantined records is among them.
    """
    staged: dict[str, set[tuple[str, str]]] = {}
    for row in landed_files(warehouse):
        for day in {*row["days"], row["home_day"]}:
            if day in row["days"] or _is_home(row, day):
                staged.setdefault(day, set()).add((row["file"], row["sha256"]))
    compiled = {}
    for day in warehouse.partitions(INGEST_COMPLETENESS):
        books = warehouse.read(INGEST_COMPLETENESS, day, ["file", "sha256"]).to_pylist()
        compiled[day] = {(row["file"], row["sha256"]) for row in books}
    return sorted(day for day in {*staged, *compiled} if staged.get(day, set()) != compiled.get(day, set()))


def _is_home(row: Mapping[str, Any], day: str) -> bool:
    return bool(row["quarantined"]) and row["home_day"] == day
