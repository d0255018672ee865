"""Calls of W&B Weave as JSON, one per line or a list of them: what its trace server streams, and what people export.

Here: where the calls of a file are, and which of them are others' parents. Not here: what one says (``call``).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import BinaryIO

from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES, documents
from llm_eval_pipeline.production.readers.json_records import listed, loaded
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.seam import Line, Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name
from llm_eval_pipeline.production.readers.weave.call import WeaveCall

_NAMES = (b'"op_name"', b'"trace_id"', b'"project_id"')
_COUNTS = b'"status_counts"'
_PARENT = re.compile(rb'"parent_id"\s*:\s*"([^"\\]+)"')


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaveJsonReader:
    """Reads the files that :class:`OtlpJsonReader` reads, where the first document is a call of Weave's."""

    name: str = "weave_json"
    source: str = "weave"
    max_line: int = MAX_LINE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether a JSON file begins as a call does."""
        if not inner_name(name).endswith(JSON_NAMES):
            return False
        start = beginning.lstrip()[:4096]
        return start.startswith((b"{", b"[")) and all(each in start for each in _NAMES)

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every call of the file, and every line that holds none. The file is read twice: see :func:`_parents`."""
        parents = _parents(documents(file, name, self.max_line))
        file.seek(0)
        for document in loaded(file, name, self.max_line):
            if isinstance(document, Unreadable):
                yield document
                continue
            line, found = document
            for part, call in enumerate(listed(found)):
                yield WeaveCall(line.number, part, call, line.data, parents)


def _parents(lines: Iterator[Line | Unreadable]) -> Set[str]:
    """Ids of calls that others name as their parent, as far as their senders (not Python's) count no statuses."""
    found: set[str] = set()
    for line in lines:
        if isinstance(line, Line) and _COUNTS not in line.data:
            found.update(each.decode("utf-8", "replace") for each in _PARENT.findall(line.data))
    return found
