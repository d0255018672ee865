"""Who reads a file: what its beginning says goes before a mapping, and a mapping before what its name says."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from llm_eval_pipeline.production.mapping import load_mapping, mapping_for
from llm_eval_pipeline.production.readers import Reader
from llm_eval_pipeline.production.readers.columns.reader import ColumnsReader, is_table
from llm_eval_pipeline.production.readers.langfuse.files import is_beside_spans

_OTLP = b'"resourceSpans"'


class MappedReaders:
    """The readers of files of rows, each mapping's once."""

    def __init__(self, folder: Path, otherwise: Path | None) -> None:
        self._folder, self._otherwise = folder, otherwise
        self._made: dict[Path, ColumnsReader] = {}

    def reader(self, name: str) -> ColumnsReader | None:
        """Who reads this file by a mapping; None when none holds for it.

        Raises:
            MappingError: when the mapping is missing or wrong.
        """
        place = mapping_for(self._folder, name, self._otherwise) if is_table(name) else None
        if place is None:
            return None
        if place[0] not in self._made:
            self._made[place[0]] = ColumnsReader(found=load_mapping(*place))
        return self._made[place[0]]


def reader_of(name: str, start: bytes, readers: Sequence[Reader], mapped: MappedReaders) -> Reader | None:
    """Who reads a file: the one that knows how it begins, or else by its mapping, or by its name alone; None: nobody.

    Raises:
        MappingError: when the mapping that holds for it is missing or wrong.
    """
    if is_beside_spans(name, start):
        return None
    first = next((reader for reader in readers if reader.accepts(name, start)), None)
    if first is not None and (_OTLP in start or not first.accepts(name, b"")):
        return first
    return mapped.reader(name) or first
