"""Rows of JSON files: an object per line, or a list of them as the whole file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import orjson

from llm_eval_pipeline.production.readers.json_lines import documents, unreadable, written
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.row import Row
from llm_eval_pipeline.production.readers.seam import Line, Unreadable


def json_rows(file: BinaryIO, name: str) -> Iterator[Row | Unreadable]:
    """Each row, and each line or piece that is none."""
    for line in documents(file, name, MAX_LINE):
        if isinstance(line, Unreadable):
            yield line
            continue
        try:
            found = orjson.loads(line.data)
        except orjson.JSONDecodeError as error:
            yield unreadable(line, f"no JSON: {error}")
            continue
        for part, each in enumerate(found if isinstance(found, list) else [found]):
            if isinstance(each, dict):
                yield Row(line.number, part, each)
            else:
                piece = Line(line.number, written(each, line.data))
                yield unreadable(piece, f"a row must be an object, got {type(each).__name__}", part)
