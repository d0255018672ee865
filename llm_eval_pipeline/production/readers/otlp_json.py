"""OTLP/JSON files: one export request per line, as the collector's file exporter writes, or one as the whole file.

The encoding is that of the OTLP specification: ids in hexadecimal, 64-bit numbers as text, attributes as ``AnyValue``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import orjson

from llm_eval_pipeline.production.readers.any_value import attributes, members, text
from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES, JsonPiece, documents, unreadable, written
from llm_eval_pipeline.production.readers.json_request import scopes
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.seam import Line, Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name
from llm_eval_pipeline.production.spans import (
    SPAN_ID_DIGITS,
    TRACE_ID_DIGITS,
    BadSpanError,
    Event,
    Scope,
    Span,
    identifier,
    parent_identifier,
    status_of,
    times,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpJsonReader:
    """Reads ``.json``, ``.jsonl`` and ``.ndjson``, each plain, gzip or zstd."""

    name: str = "otlp_json"
    source: str = "otlp"
    max_line: int = MAX_LINE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether the name ends as one of the reader's."""
        return inner_name(name).endswith(JSON_NAMES)

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every span of the file, and every line that holds none."""
        for line in self.lines(file, name):
            if isinstance(line, Unreadable):
                yield line
            else:
                yield from self.of_line(line)

    def lines(self, file: BinaryIO, name: str) -> Iterator[Line | Unreadable]:
        """The requests of the file, not yet parsed."""
        return documents(file, name, self.max_line)

    def of_line(self, line: Line) -> Iterator[Record]:
        """Every span of one request, or the request when it is none."""
        return _of_line(line)


@dataclass(frozen=True, slots=True)
class _JsonSpan(JsonPiece):
    """A record that its line's JSON holds as one span."""

    scope: Scope

    def span(self) -> Span:
        found = self.found
        if not isinstance(found, dict):
            raise BadSpanError(f"a span must be an object, got {type(found).__name__}")
        status = found.get("status") or {}
        if not isinstance(status, dict):
            raise BadSpanError("status must be an object")
        start, end = times(found.get("startTimeUnixNano"), found.get("endTimeUnixNano"))
        return Span(
            trace_id=identifier(found.get("traceId"), "traceId", TRACE_ID_DIGITS),
            span_id=identifier(found.get("spanId"), "spanId", SPAN_ID_DIGITS),
            parent_span_id=parent_identifier(found.get("parentSpanId")),
            name=text(found.get("name")),
            start_ns=start,
            end_ns=end,
            status=status_of(status.get("code")),
            status_message=text(status.get("message")) or None,
            attributes=attributes(found.get("attributes")),
            events=tuple(_event(event) for event in members(found.get("events"), "events")),
            scope=self.scope,
        )


def _of_line(line: Line) -> Iterator[Record]:
    try:
        request = orjson.loads(line.data)
    except orjson.JSONDecodeError as error:
        yield unreadable(line, f"no JSON: {error}")
        return
    if not isinstance(request, dict) or "resourceSpans" not in request:
        yield unreadable(line, "no OTLP trace export: it has no resourceSpans")
        return
    part = 0
    for scope, spans in scopes(request):
        if isinstance(scope, str):
            yield unreadable(Line(line.number, written(spans, line.data)), scope, part)
            part += 1
            continue
        for found in spans:
            yield _JsonSpan(line.number, part, found, line.data, scope)
            part += 1


def _event(found: Any) -> Event:
    if not isinstance(found, dict):
        raise BadSpanError("an event must be an object")
    time = found.get("timeUnixNano")
    number = int(time) if isinstance(time, int | str) and str(time).isdecimal() and len(str(time)) < 20 else None
    return Event(text(found.get("name")), attributes(found.get("attributes")), number)
