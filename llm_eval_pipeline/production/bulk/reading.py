"""A file of OTLP/JSON as tables of rows: ordinary spans many at once, every other by its reader, alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import BinaryIO

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.costs.prices import Price
from llm_eval_pipeline.production.bulk.batches import Found, batches
from llm_eval_pipeline.production.bulk.checks import Mask
from llm_eval_pipeline.production.bulk.columns import Columns, columns
from llm_eval_pipeline.production.bulk.costs import Costs
from llm_eval_pipeline.production.bulk.nesting import Nested, nested
from llm_eval_pipeline.production.bulk.shapes import SHAPES, parsed
from llm_eval_pipeline.production.readers.seam import Line, LineReader, Record, Unreadable
from llm_eval_pipeline.production.records import Books, table_of
from llm_eval_pipeline.production.rows import Origin
from llm_eval_pipeline.production.threads import in_order

_LONGEST = 16 << 20
"""Longer lines are left to the reader, since Arrow would hold several times as much at once."""

_SMALL = 256 << 10
"""Bytes that are not worth looking for what is odd in them."""
_PIECES = 8


def tables(
    reader: LineReader, file: BinaryIO, name: str, origin: Origin, price: Price, books: Books
) -> Iterator[pa.Table]:
    """The file's rows in tables, in the order of lines and parts; the books fill as they are drawn."""
    source = _Source(reader=reader, origin=origin, price=price, costs=Costs(price))
    several = batches(reader.lines(file, name))
    for table, counted in chain(map(source.read, islice(several, 1)), source.read_all(several)):
        books.add(counted)
        yield table


@dataclass(slots=True, kw_only=True)
class _Source:
    """What all batches of a file need.

    Threads share it: which shape did last, and how many spans were ordinary so far, only save time. When most spans
    were left to the reader, what follows in the file is left to it too.
    """

    reader: LineReader
    origin: Origin
    price: Price
    costs: Costs
    shapes: Sequence[pa.Schema] = SHAPES
    taken: int = 0
    left: int = 0

    def read(self, batch: Sequence[Found]) -> tuple[pa.Table, Books]:
        """The rows of some lines, and what is counted of them."""
        books, ordinary = Books(), list[Columns]()
        lines = [found for found in batch if isinstance(found, Line)]
        apart: list[Iterable[Record]] = [[found for found in batch if isinstance(found, Unreadable)]]
        for several, requests in self._parsed(lines) if lines else ():
            if requests is None:
                apart.append(self._records(several))
                continue
            spans = nested(requests)
            found = columns(spans, np.array([line.number for line in several]), self.origin, self.costs)
            ordinary.append(found)
            apart.append(self._others(several, spans, found.odd))
        rows = [table_of(chain.from_iterable(apart), self.origin, self.price, books)]  # which may find more that is odd
        self.left += books.records
        self.taken -= books.records
        rows += [_counted(found, books) for found in ordinary]
        self.taken += books.records
        return pa.concat_tables(rows), books

    def read_all(self, several: Iterable[Sequence[Found]]) -> Iterator[tuple[pa.Table, Books]]:
        """The rows of all the batches behind the first, by several threads unless Python would only share them."""
        yield from (map if self.left > self.taken else in_order)(self.read, several)

    def _records(self, lines: Sequence[Line]) -> Iterator[Record]:
        for line in lines:
            yield from self.reader.of_line(line)

    def _others(self, lines: Sequence[Line], spans: Nested, odd: Mask) -> Iterator[Record]:
        """The records of odd spans, and all those of a line in which the reader finds something else than spans."""
        counts = np.bincount(spans.lines, minlength=len(lines))
        ends = np.cumsum(counts)
        for place in np.union1d(spans.lines[odd], np.flatnonzero(spans.odd_lines)):
            own = slice(ends[place] - counts[place], ends[place])
            records = list(self.reader.of_line(lines[place]))
            if spans.odd_lines[place] or len(records) != counts[place]:
                odd[own] = True
                yield from records
            else:
                yield from (record for record, is_odd in zip(records, odd[own], strict=True) if is_odd)

    def _parsed(self, lines: Sequence[Line]) -> Iterator[tuple[Sequence[Line], pa.ListArray | None]]:
        """The lines in as few pieces as have one shape each; None for a small piece that holds something else."""
        sizes = [len(line.data) for line in lines]
        is_worth = max(sizes) <= _LONGEST and self.left <= self.taken
        for shape in self.shapes if is_worth else ():
            found = parsed([line.data for line in lines], shape)
            if found is not None:
                self.shapes = (shape, *(other for other in SHAPES if other is not shape))
                yield lines, found
                return
        if len(lines) <= 1 or sum(sizes) <= _SMALL or self.left > self.taken:
            yield lines, None
            return
        step = -(-len(lines) // _PIECES)
        for start in range(0, len(lines), step):
            yield from self._parsed(lines[start : start + step])


def _counted(found: Columns, books: Books) -> pa.Table:
    """The rows of the ordinary spans, which the books now count."""
    rows = found.rows.filter(pa.array(~found.odd)) if found.odd.any() else found.rows
    books.records += len(rows)
    books.spans += len(rows)
    books.unpriced_calls += int(found.is_unpriced[~found.odd].sum())
    books.days.update(rows["day"].unique().to_pylist())
    return rows
