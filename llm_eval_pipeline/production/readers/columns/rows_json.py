"""Rows of JSON files: an object per line, or a list of them as the whole file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from llm_eval_pipeline.production.readers.columns.row import Row
from llm_eval_pipeline.production.readers.json_lines import unreadable, written
from llm_eval_pipeline.production.readers.json_records import listed, loaded
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.seam import Line, Unreadable


def json_rows(file: BinaryIO, name: str) -> Iterator[Row | Unreadable]:
    """Each row, and each line or piece that is none."""
    for document in loaded(file, name, MAX_LINE):
        if isinstance(document, Unreadable):
            yield document
            continue
        line, found = document
        for part, each in enumerate(listed(found)):
            if isinstance(each, dict):
                yield Row(line.number, part, each)
            else:
                piece = Line(line.number, written(each, line.data))
                yield unreadable(piece, f"a row must be an object, got {type(each).__name__}", part)
