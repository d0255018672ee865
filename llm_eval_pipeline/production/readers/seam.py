"""The seam to every source of spans: a reader turns one file into records, a record into a span or a reason.

A record is the smallest thing that can go wrong alone. A line that is no JSON is one record, each span of a good line
is one, and what follows a cut is one. So the records of a file are its spans and its quarantine rows, and none is lost.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, runtime_checkable

from llm_eval_pipeline.production.spans import BadSpanError, Span

KEPT = 64 << 10
"""How many bytes of an unreadable record go to the quarantine; its row says how many there were."""


class Record(Protocol):
    """One record of a file, not yet known to be good."""

    @property
    def line(self) -> int:
        """Its line in the file, from 1; 1 for a file without lines."""
        ...

    @property
    def part(self) -> int:
        """Its place within the line, from 0."""
        ...

    def span(self) -> Span:
        """The span.

        Raises:
            BadSpanError: when it is none; nothing else is raised, whatever the bytes are.
        """
        ...

    def raw(self) -> bytes:
        """The bytes for the quarantine: the source's own, or the record written again when it shared a line."""
        ...

    def size(self) -> int:
        """How many bytes there were, which may be more than ``raw`` kept."""
        ...


class Reader(Protocol):
    """Anything that finds spans in a file."""

    @property
    def name(self) -> str:
        """What the reader is called in ``ingest_files``."""
        ...

    @property
    def source(self) -> str:
        """What its spans carry in ``production_traces.source``: the kind of source, whatever the encoding."""
        ...

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether a file of this name, which begins with these bytes once unpacked, is for this reader."""
        ...

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every record of the file, in order; (line, part) is unique. Never raises for bad data."""
        ...


@runtime_checkable
class LineReader(Reader, Protocol):
    """A reader of OTLP/JSON by the line, of which ordinary spans may be read many at once (``bulk/``)."""

    def lines(self, file: BinaryIO, name: str) -> Iterator[Line | Unreadable]:
        """The file's lines, not yet parsed, and what cannot be read."""
        ...

    def of_line(self, line: Line) -> Iterator[Record]:
        """Every record of one line."""
        ...


@runtime_checkable
class Versioned(Protocol):
    """A reader that reads a file otherwise when something beside the file changes, such as a mapping."""

    @property
    def version(self) -> str:
        """What changes with it. Files that were read under another version are read again."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """One line without its line break."""

    number: int
    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Unreadable:
    """A record that holds no span."""

    line: int
    part: int = 0
    reason: str
    kept: bytes
    length: int

    def span(self) -> Span:
        """Raise the reason."""
        raise BadSpanError(self.reason)

    def raw(self) -> bytes:
        """The bytes as they stood in the file, possibly only their beginning."""
        return self.kept

    def size(self) -> int:
        """How many bytes there were."""
        return self.length
