"""A file of OTLP/JSON as tables of rows: ordinary spans many at once, every other by its reader, alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.production.bulk.batches import Found, batches
from llm_eval_pipeline.production.bulk.columns import columns
from llm_eval_pipeline.production.bulk.costs import Costs
from llm_eval_pipeline.production.bulk.nesting import nested
from llm_eval_pipeline.production.bulk.shapes import SHAPES, parsed
from llm_eval_pipeline.production.readers.seam import Line, LineReader, Record, Unreadable
from llm_eval_pipeline.production.records import Books, table_of
from llm_eval_pipeline.production.rows import Origin, Price
from llm_eval_pipeline.production.threads import in_order

_LONGEST = 16 << 20
"""Longer lines are left to the reader, since Arrow would hold several times as much at once."""


def tables(
    reader: LineReader, file: BinaryIO, name: str, origin: Origin, price: Price, books: Books
) -> Iterator[pa.Table]:
    """The file's rows in tables, in the order of lines and parts; the books fill as they are drawn."""
    source = _Source(reader=reader, origin=origin, price=price, costs=Costs(price))
    for table, counted in in_order(source.read, batches(reader.lines(file, name))):
        books.add(counted)
        yield table


@dataclass(slots=True, kw_only=True)
class _Source:
    """What all batches of a file need. Threads share it; the shapes are only in the order that did last."""

    reader: LineReader
    origin: Origin
    price: Price
    costs: Costs
    shapes: Sequence[pa.Schema] = field(default=SHAPES)

    def read(self, batch: Sequence[Found]) -> tuple[pa.Table, Books]:
        """The rows of some lines, and what is counted of them."""
        books, made = Books(), list[pa.Table]()
        apart: list[Record] = [found for found in batch if isinstance(found, Unreadable)]
        lines = [found for found in batch if isinstance(found, Line)]
        for several, requests in self._parsed(lines):
            if requests is None:
                apart += [record for line in several for record in self.reader.of_line(line)]
                continue
            rows, others = self._rows(several, requests, books)
            made.append(rows)
            apart += others
        if apart:
            made.append(table_of(apart, self.origin, self.price, books))
        return pa.concat_tables(made), books

    def _parsed(self, lines: Sequence[Line]) -> Iterator[tuple[Sequence[Line], pa.ListArray | None]]:
        """All lines at once where they are of one shape, otherwise one by one; None for what is of no shape."""
        if not lines:
            return
        short = max(len(line.data) for line in lines) <= _LONGEST
        for shape in self.shapes if short else ():
            found = parsed([line.data for line in lines], shape)
            if found is not None:
                self.shapes = (shape, *(other for other in SHAPES if other is not shape))
                yield lines, found
                return
        if len(lines) == 1:
            yield lines, None
            return
        for line in lines:
            yield from self._parsed([line])

    def _rows(self, lines: Sequence[Line], requests: pa.ListArray, books: Books) -> tuple[pa.Table, list[Record]]:
        """Rows of the ordinary spans, and the others' records."""
        spans = nested(requests)
        found = columns(spans, np.array([line.number for line in lines]), self.origin, self.costs)
        odd, others = found.odd, list[Record]()
        counts = np.bincount(spans.lines, minlength=len(lines))
        ends = np.cumsum(counts)
        for place in np.union1d(spans.lines[odd], np.flatnonzero(spans.odd_lines)):
            own = slice(ends[place] - counts[place], ends[place])
            records = list(self.reader.of_line(lines[place]))
            if spans.odd_lines[place] or len(records) != counts[place]:
                odd[own] = True
                others += records
            else:
                others += [record for record, is_odd in zip(records, odd[own], strict=True) if is_odd]
        rows = found.rows.filter(pa.array(~odd)) if odd.any() else found.rows
        books.records += len(rows)
        books.spans += len(rows)
        books.unpriced_calls += int(found.is_unpriced[~odd].sum())
        books.days.update(rows["day"].unique().to_pylist())
        return rows, others
