"""Rows of CSV files, whose first line names the columns. Values are texts, and an empty one is none.

A quoted value may go over several lines; it has at most 131,072 characters, as Python's reader takes them.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from llm_eval_pipeline.production.readers.columns.row import Row
from llm_eval_pipeline.production.readers.json_lines import unreadable
from llm_eval_pipeline.production.readers.lines import Line
from llm_eval_pipeline.production.readers.seam import KEPT, Unreadable
from llm_eval_pipeline.production.readers.unpacking import Damage, chunks

_BYTE_ORDER_MARK = "\ufeff"
_LONGEST = 16 << 20


class _Texts:
    """The lines of a file as texts, blank ones too, since a value may hold them; what is no text is put aside."""

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._chunks = chunks(file, name)
        self.aside: list[Unreadable] = []
        self.line = Line(0, b"")

    def __iter__(self) -> Iterator[str]:
        for line in self._lines():
            self.line = line
            try:
                text = line.data.decode()
            except UnicodeDecodeError as error:
                self.aside.append(unreadable(line, f"no UTF-8: {error.reason} at byte {error.start}"))
                continue
            yield text.removesuffix("\r") + "\n"

    def _lines(self) -> Iterator[Line]:
        number, rest = 1, b""
        for chunk in self._chunks:
            if isinstance(chunk, Damage):
                kept = rest or chunk.packed
                self.aside.append(Unreadable(line=number, reason=chunk.reason, kept=kept[:KEPT], length=len(kept)))
                return
            *whole, rest = (rest + chunk).split(b"\n")
            for data in whole:
                yield Line(number, data)
                number += 1
            if len(rest) > _LONGEST:
                self.aside.append(unreadable(Line(number, rest), f"no CSV: a line has over {_LONGEST >> 20} MiB"))
                return
        if rest:
            yield Line(number, rest)

    def drawn(self) -> Iterator[Unreadable]:
        """What was put aside since the last time."""
        yield from self.aside
        self.aside.clear()


def csv_rows(file: BinaryIO, name: str) -> Iterator[Row | Unreadable]:
    """Each row, and each that has not as many values as the first line has names."""
    texts = _Texts(file, name)
    reader = csv.reader(iter(texts), strict=True)
    names: list[str] | None = None
    while True:
        try:
            values = next(reader, None)
        except csv.Error as error:
            yield from texts.drawn()
            yield unreadable(texts.line, f"no CSV: {error}")
            continue
        yield from texts.drawn()
        if values is None:
            return
        if names is None:
            names = [each.removeprefix(_BYTE_ORDER_MARK).strip() for each in values]
        elif not values:
            continue
        elif len(values) == len(names):
            yield Row(texts.line.number, 0, {name: value or None for name, value in zip(names, values, strict=True)})
        else:
            raw = ",".join(values).encode()
            reason = f"the row has {len(values)} values, and the first line names {len(names)} columns"
            yield Unreadable(line=texts.line.number, reason=reason, kept=raw[:KEPT], length=len(raw))
