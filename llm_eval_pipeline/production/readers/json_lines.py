"""Files of JSON documents: one per line, or one over many lines as the whole file. Not here: what a document says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from llm_eval_pipeline.production.readers.lines import Line, lines
from llm_eval_pipeline.production.readers.seam import KEPT, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name

_WHOLE = ".json"
JSON_NAMES = (".jsonl", ".ndjson", _WHOLE)
"""How the names of such files end, but for how they are packed."""


def documents(file: BinaryIO, name: str, max_line: int) -> Iterator[Line | Unreadable]:
    """Each document, not yet parsed, with the number of its line, and each line that is none."""
    found = lines(file, name, max_line=max_line)
    return _joined(list(found)) if inner_name(name).endswith(_WHOLE) else found


def _joined(found: list[Line | Unreadable]) -> Iterator[Line | Unreadable]:
    """The lines as they are when one of the first is JSON by itself, otherwise all of them as one document."""
    good = [line for line in found if isinstance(line, Line)]
    if len(good) < 2 or any(_parses(line.data) for line in good[:3]):
        yield from found
        return
    yield Line(good[0].number, b"\n".join(line.data for line in good))
    yield from (line for line in found if isinstance(line, Unreadable))


def _parses(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class JsonPiece:
    """A piece of a line's JSON that is a record by itself; ``whole`` is the line."""

    line: int
    part: int
    found: Any
    whole: bytes

    def raw(self) -> bytes:
        """The piece written again, possibly only its beginning."""
        return written(self.found, self.whole)[:KEPT]

    def size(self) -> int:
        """How many bytes that are."""
        return len(written(self.found, self.whole))


def written(found: Any, whole: bytes) -> bytes:
    """A piece of a line as JSON, or the whole line where the piece is nested deeper than can be written."""
    try:
        return orjson.dumps(found)
    except orjson.JSONEncodeError:
        return whole


def unreadable(line: Line, reason: str, part: int = 0) -> Unreadable:
    """A line, or a part of one, that holds no span."""
    return Unreadable(line=line.number, part=part, reason=reason, kept=line.data[:KEPT], length=len(line.data))
