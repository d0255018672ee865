"""OTLP/JSON files in a folder, such as the landing folder: one export request a line, as the pipeline reads them.

A batch is appended in one write, so a line is there as a whole or not yet. Each process has a file of its own, and a
new one each day and each 64 MB. protobuf's JSON writes ids in base64; OTLP wants them in hexadecimal.
"""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

_LARGEST = 64 << 20
_IDS = ("traceId", "spanId", "parentSpanId")


class OtlpFileExporter(SpanExporter):
    """Writes spans into files of a folder, which is made when it is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path: Path | None = None
        self._written_by: tuple[str, int] | None = None

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Append the spans as one line."""
        line = orjson.dumps(as_otlp_json(spans)) + b"\n"
        with self._file().open("ab", buffering=0) as file:
            rest = memoryview(line)
            while rest:
                rest = rest[file.write(rest) :]
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is kept open."""

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Nothing is held back."""
        return True

    def _file(self) -> Path:
        now = datetime.now(UTC)
        written_by = (now.date().isoformat(), os.getpid())
        full = self._path is not None and self._path.exists() and self._path.stat().st_size >= _LARGEST
        if self._path is None or self._written_by != written_by or full:
            self._folder.mkdir(parents=True, exist_ok=True)
            name = f"{now:%Y-%m-%d.%H%M%S}-{os.getpid()}-{secrets.token_hex(4)}.otlp.jsonl"
            self._path, self._written_by = self._folder / name, written_by
        return self._path


def as_otlp_json(spans: Sequence[ReadableSpan]) -> dict[str, Any]:
    """Spans as one export request in OTLP's JSON encoding."""
    request: dict[str, Any] = MessageToDict(encode_spans(spans), use_integers_for_enums=True)
    for resource in request.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for each in (span, *span.get("links", [])):
                    for name in _IDS:
                        if name in each:
                            each[name] = base64.b64decode(each[name]).hex()
    return request
