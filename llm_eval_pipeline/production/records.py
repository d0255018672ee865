"""Records become rows of ``landed_spans`` or of ``quarantine``, one after the other, and are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import pyarrow as pa

from llm_eval_pipeline.costs.prices import Price
from llm_eval_pipeline.production.readers.seam import Record
from llm_eval_pipeline.production.rows import Origin, span_row
from llm_eval_pipeline.production.schema import LANDED_SPANS
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError

_BATCH = 8192
_SCHEMA = LANDED_SPANS.schema


@dataclass(slots=True)
class Books:
    """What is counted while a file is read: ``records`` = ``spans`` + ``open`` + those in quarantine."""

    records: int = 0
    spans: int = 0
    open: int = 0
    unpriced_calls: int = 0
    days: set[str] = field(default_factory=set)
    quarantined: list[dict[str, Any]] = field(default_factory=list)

    def add(self, other: Books) -> None:
        """Count what another part of the file had as well."""
        self.records += other.records
        self.spans += other.spans
        self.open += other.open
        self.unpriced_calls += other.unpriced_calls
        self.days |= other.days
        self.quarantined += other.quarantined


def table_of(records: Iterable[Record], origin: Origin, price: Price, books: Books) -> pa.Table:
    """The rows of the good records, a batch at a time, since Python objects take many times the room of Arrow's."""
    rows = _rows(records, origin, price, books)
    tables = [pa.Table.from_pylist(batch, schema=_SCHEMA) for batch in iter(lambda: list(islice(rows, _BATCH)), [])]
    return pa.concat_tables([_SCHEMA.empty_table(), *tables])


def _rows(records: Iterable[Record], origin: Origin, price: Price, books: Books) -> Iterator[dict[str, Any]]:
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
        books.spans += 1
        books.unpriced_calls += unpriced
        books.days.add(row["day"])
        yield row
