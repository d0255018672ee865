"""Files of rows of one's own, by a mapping that says which column is which.

Here: a file's rows, and whether it has the columns. Not here: how rows are found in a file (``rows_*``), what one says
(``mapped_row``), what a mapping is (``mapping``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from llm_eval_pipeline.production.mapping import FoundMapping
from llm_eval_pipeline.production.readers.columns.mapped_row import MappedRow
from llm_eval_pipeline.production.readers.columns.rows_csv import csv_rows
from llm_eval_pipeline.production.readers.columns.rows_json import json_rows
from llm_eval_pipeline.production.readers.columns.rows_parquet import parquet_rows
from llm_eval_pipeline.production.readers.seam import Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name

_FORMATS = {".jsonl": json_rows, ".ndjson": json_rows, ".json": json_rows, ".csv": csv_rows}
_OF_OBJECTS = frozenset({".jsonl", ".ndjson", ".json"})
"""In the others each row has the columns that the first has."""
_PARQUET = ".parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsReader:
    """Reads ``.jsonl``, ``.ndjson``, ``.json`` and ``.csv``, each plain, gzip or zstd, and ``.parquet``."""

    found: FoundMapping
    name: str = "columns"

    @property
    def source(self) -> str:
        """As the mapping calls it."""
        return self.found.mapping.source

    @property
    def version(self) -> str:
        """The mapping's digest."""
        return self.found.digest

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether the name ends as one of the reader's."""
        return is_table(name)

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every row of the file, every piece that is none, and what the mapping names that the file lacks."""
        rows = parquet_rows(file) if name.lower().endswith(_PARQUET) else _FORMATS[_ending(name)](file, name)
        has_header = _ending(name) not in _OF_OBJECTS
        wanted = {
            told.column: field
            for field, told in self.found.mapping.columns.told().items()
            if told.column is not None and not told.optional
        }
        met: dict[str, None] = {}
        last = 0
        for row in rows:
            last = row.line
            if isinstance(row, Unreadable):
                yield row
                continue
            if wanted:
                wanted = {column: field for column, field in wanted.items() if not row.has(column)}
                met |= dict.fromkeys(row.values)
                if wanted and has_header:  # one record rather than each row for the same reason
                    break
            yield MappedRow(row, self.found.mapping)
        if met and wanted:
            yield self._lacking(wanted, list(met), last + 1)

    def _lacking(self, wanted: dict[str, str], there: list[str], line: int) -> Unreadable:
        named = ", ".join(f"{column} (as {field})" for column, field in wanted.items())
        reason = (
            f"{self.found.file} names columns that are not there: {named}; the file has {', '.join(there)[:1000]}: "
            "correct the mapping, or say {column: …, optional: true}"
        )
        return Unreadable(line=line, reason=reason, kept=named.encode(), length=len(named.encode()))


def is_table(name: str) -> bool:
    """Whether a file of this name may be one of rows."""
    return name.lower().endswith(_PARQUET) or _ending(name) in _FORMATS


def _ending(name: str) -> str:
    inner = inner_name(name).rpartition("/")[2]
    return inner[inner.rfind(".") :] if "." in inner else ""
