"""The books: what landed in which file, what each day kept of it, and which days the two disagree about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from llm_eval_pipeline.production.schema import INGEST_COMPLETENESS, INGEST_FILES
from llm_eval_pipeline.storage.warehouse import Warehouse

_OF_DAYS = ("parsed", "written", "duplicates", "conflicting", "late", "missing")
_OF_FILES = ("open", "quarantined")
_COUNTS = ("expected", "read", *_OF_DAYS, *_OF_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReport:
    """The books of one day.

    ``parsed`` = ``written`` + ``duplicates`` + ``conflicting`` are the day's spans; ``late`` are those of the written
    that arrived late. ``quarantined`` records, and ``open`` ones, whose span had not ended, are of the files whose home
    is the day: the day in the file's name, or else the newest that it holds. All of these were ``read``. What is
    ``missing`` are spans that others name as their parent and that no file holds, as after an export that was cut: what
    was read and what is missing is what was ``expected``.
    """

    day: str
    files: int
    expected: int
    read: int
    parsed: int
    written: int
    duplicates: int
    conflicting: int
    late: int
    missing: int
    open: int
    quarantined: int


def landed_files(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The rows of ``ingest_files``, one per landed file."""
    rows: list[dict[str, Any]] = warehouse.read_many(INGEST_FILES, warehouse.partitions(INGEST_FILES)).to_pylist()
    return rows


def write_books(
    day: str, found: Sequence[Mapping[str, Any]], files: Sequence[Mapping[str, Any]], warehouse: Warehouse
) -> DayReport:
    """Write a day's ``ingest_completeness``: the counts found per file, and what its own files had that is no span."""
    books = {row["file"]: dict(row) for row in found}
    digests = {}
    for row in files:
        digests[row["file"]] = row["sha256"]
        if _is_home(row, day):
            books.setdefault(row["file"], {}).update({name: row[name] or 0 for name in _OF_FILES})
    rows = [_book(file, digests[file], row) for file, row in books.items()]
    warehouse.write(INGEST_COMPLETENESS, day, rows)
    return DayReport(day=day, files=len(rows), **{name: sum(row[name] for row in rows) for name in _COUNTS})


def _book(file: str, digest: str, found: Mapping[str, Any]) -> dict[str, Any]:
    counts = {name: int(found.get(name, 0)) for name in (*_OF_DAYS, *_OF_FILES)}
    read = counts["parsed"] + counts["open"] + counts["quarantined"]
    return {"file": file, "sha256": digest, "expected": read + counts["missing"], "read": read, **counts}


def lacking(books: Sequence[Mapping[str, Any]], most: float) -> str | None:
    """What a day's books lack, when that is more than the share ``most`` of what was expected; otherwise None."""
    lacks = {name: sum(row[name] or 0 for row in books) for name in ("missing", *_OF_FILES)}
    expected = sum(row["expected"] or 0 for row in books)
    if sum(lacks.values()) <= most * expected:
        return None
    return f"of {expected} expected: " + ", ".join(f"{count} {name}" for name, count in lacks.items() if count)


def stale_days(warehouse: Warehouse) -> list[str]:
    """Days whose staged files are not those that the day was last compiled from.

    It compares the books and needs no memory of what landed when: after a crash between landing and compiling it names
    the days that are still to be compiled. A day that holds nothing but records without a span is among them, one whose
    books an older version kept, and the day after each, since a trace that crosses midnight begins there.
    """
    staged: dict[str, set[tuple[str, str]]] = {}
    for row in landed_files(warehouse):
        for day in {*row["days"], row["home_day"]}:
            if day in row["days"] or _is_home(row, day):
                staged.setdefault(day, set()).add((row["file"], row["sha256"]))
    compiled = dict[str, set[tuple[str, str]] | None]()
    for day in warehouse.partitions(INGEST_COMPLETENESS):
        books = warehouse.read(INGEST_COMPLETENESS, day)
        is_as_now = books.schema.names == INGEST_COMPLETENESS.schema.names
        compiled[day] = {(row["file"], row["sha256"]) for row in books.to_pylist()} if is_as_now else None
    stale = {day for day in {*staged, *compiled} if staged.get(day, set()) != compiled.get(day, set())}
    return sorted(stale | ({_day_after(day) for day in stale} & compiled.keys()))


def _day_after(day: str) -> str:
    return (date.fromisoformat(day) + timedelta(days=1)).isoformat()


def _is_home(row: Mapping[str, Any], day: str) -> bool:
    return row["home_day"] == day and any(row[name] for name in _OF_FILES)
