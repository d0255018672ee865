"""OTLP protobuf files: one export request as the whole file, or many, each behind its length.

How requests are told apart is in ``framing.py``.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llm_eval_pipeline.production.readers.framing import frames
from llm_eval_pipeline.production.readers.seam import KEPT, Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import Damage, chunks, inner_name
from llm_eval_pipeline.production.spans import (
    SPAN_ID_DIGITS,
    TRACE_ID_DIGITS,
    Event,
    Scope,
    Span,
    identifier,
    parent_identifier,
    status_of,
    times,
)

MAX_FILE = 512 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OtlpProtobufReader:
    """Reads ``.pb`` and ``.otlp``, plain, gzip or zstd; ``line`` is the number of the request in the file."""

    name: str = "otlp_protobuf"
    source: str = "otlp"
    max_file: int = MAX_FILE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether the name ends as one of the reader's."""
        return inner_name(name).endswith((".pb", ".otlp"))

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every span of the file, every request that cannot be read, and what is left behind a cut."""
        data, damage = _bytes(file, self.max_file, name)
        number = end = 0
        for number, (start, end) in enumerate(frames(data), 1):
            yield from _of_request(data[start:end], number)
        if damage or end < len(data):
            reason = damage.reason if damage else "the file was cut, or is no OTLP protobuf from here on"
            rest = data[end:] or (damage.packed if damage else b"")
            yield Unreadable(line=number + 1, reason=reason, kept=rest[:KEPT], length=len(rest))


@dataclass(frozen=True, slots=True)
class _ProtobufSpan:
    """A record that was well-formed protobuf."""

    line: int
    part: int
    found: Any
    scope: Scope

    def span(self) -> Span:
        found = self.found
        parent = found.parent_span_id.hex()
        start, end = times(found.start_time_unix_nano, found.end_time_unix_nano)
        return Span(
            trace_id=identifier(found.trace_id.hex(), "traceId", TRACE_ID_DIGITS),
            span_id=identifier(found.span_id.hex(), "spanId", SPAN_ID_DIGITS),
            parent_span_id=parent_identifier(parent),
            name=found.name,
            start_ns=start,
            end_ns=end,
            status=status_of(found.status.code),
            status_message=found.status.message or None,
            attributes=_attributes(found.attributes),
            events=tuple(
                Event(event.name, _attributes(event.attributes), event.time_unix_nano or None) for event in found.events
            ),
            scope=self.scope,
        )

    def raw(self) -> bytes:
        return bytes(self.found.SerializeToString()[:KEPT])

    def size(self) -> int:
        return int(self.found.ByteSize())


def _bytes(file: BinaryIO, limit: int, name: str) -> tuple[bytes, Damage | None]:
    """The file's bytes up to the first damage or the limit, and why there are no more."""
    data = bytearray()
    for chunk in chunks(file, name):
        if isinstance(chunk, Damage):
            return bytes(data), chunk
        data += chunk
        if len(data) > limit:
            return bytes(data[:limit]), Damage(f"the file has more than the {limit} bytes that are read")
    return bytes(data), None


def _of_request(data: bytes, number: int) -> Iterator[Record]:
    request = ExportTraceServiceRequest()
    try:
        request.ParseFromString(data)
    except DecodeError as error:
        reason = f"no OTLP trace export: {error}"
        yield Unreadable(line=number, reason=reason, kept=data[:KEPT], length=len(data))
        return
    part = 0
    for resource in request.resource_spans:
        for group in resource.scope_spans:
            scope = Scope(group.scope.name, group.scope.version, group.schema_url)
            for found in group.spans:
                yield _ProtobufSpan(number, part, found, scope)
                part += 1


def _attributes(pairs: Any) -> dict[str, Any]:
    return {pair.key: _value(pair.value) for pair in pairs}


def _value(found: Any) -> Any:
    kind = found.WhichOneof("value")
    if kind is None:
        return None
    value = getattr(found, kind)
    if kind == "array_value":
        return [_value(each) for each in value.values]
    if kind == "kvlist_value":
        return _attributes(value.values)
    if kind == "bytes_value":
        return b64encode(value).decode()  # as the JSON encoding has it, so that one span is one body in both
    return value
