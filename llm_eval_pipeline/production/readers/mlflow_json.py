"""MLflow's traces as JSON: one trace per line, or one as the whole file, as ``Trace.to_json`` writes them (MLflow 3).

What MLflow keeps of a whole trace (tags, user, session, people's feedback) goes to its root span, under the names that
MLflow's own OTLP export gives it.
"""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from llm_eval_pipeline.production.conventions.application import FEEDBACK, MLFLOW_TAG
from llm_eval_pipeline.production.conventions.values import parsed
from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES, JsonPiece, unreadable
from llm_eval_pipeline.production.readers.json_records import loaded
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

_OF_TRACE = {"mlflow.trace.user": "user.id", "mlflow.trace.session": "session.id"}
_INFO = re.compile(rb'"info"\s*:\s*\{')
_SCOPE = Scope("mlflow")


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowJsonReader:
    """Reads the files that :class:`OtlpJsonReader` reads, where the first document is a trace of MLflow's."""

    name: str = "mlflow_json"
    source: str = "mlflow"
    max_line: int = MAX_LINE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether a JSON file begins as a trace does."""
        if not inner_name(name).endswith(JSON_NAMES):
            return False
        start = beginning.lstrip()[:4096]
        return start.startswith(b"{") and _INFO.search(start) is not None and b'"resourceSpans"' not in start

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every span of the file, and every line that holds none."""
        for document in loaded(file, name, self.max_line):
            if isinstance(document, Unreadable):
                yield document
            else:
                yield from _of_trace(*document)


def _of_trace(line: Line, trace: Any) -> Iterator[Record]:
    info, data = (trace.get(part) for part in ("info", "data")) if isinstance(trace, dict) else (None, None)
    spans = data.get("spans") if isinstance(data, dict) else None
    if not isinstance(info, dict) or not isinstance(spans, list):
        yield unreadable(line, "no trace of MLflow's: it has no info, or no list of spans in its data")
        return
    if not spans:
        yield unreadable(line, "the trace has no spans: MLflow had not stored them, or search_traces left them out")
        return
    whole = _of_whole(info)
    for part, found in enumerate(spans):
        yield _MlflowSpan(line.number, part, found, line.data, whole)
    if (told := _told(info)) > len(spans):
        yield unreadable(line, f"the trace has {told} spans, of which {len(spans)} are there", len(spans))


def _told(info: dict[str, Any]) -> int:
    """How many spans MLflow says that the trace has; 0 where it does not say."""
    metadata = info.get("trace_metadata")
    sizes = parsed(metadata.get("mlflow.trace.sizeStats")) if isinstance(metadata, dict) else None
    told = sizes.get("num_spans") if isinstance(sizes, dict) else None
    return told if isinstance(told, int) and not isinstance(told, bool) else 0


def _of_whole(info: dict[str, Any]) -> dict[str, Any]:
    """What is known of a whole trace, as attributes."""
    tags, metadata = (info.get(part) for part in ("tags", "trace_metadata"))
    told = {f"{MLFLOW_TAG}{name}": value for name, value in (tags if isinstance(tags, dict) else {}).items()}
    for name, attribute in _OF_TRACE.items():
        if isinstance(metadata, dict) and metadata.get(name):
            told[attribute] = metadata[name]
    assessments = info.get("assessments")
    scores = [_feedback(one) for one in (assessments if isinstance(assessments, list) else []) if isinstance(one, dict)]
    known = [score for score in scores if score is not None]
    return told | ({FEEDBACK: sum(known) / len(known)} if known else {})


def _feedback(assessment: dict[str, Any]) -> float | None:
    """What a person said, where it is a yes, a no, or a number from 0 to 1; judges' assessments are no feedback."""
    source, feedback = assessment.get("source"), assessment.get("feedback")
    if not isinstance(source, dict) or source.get("source_type") != "HUMAN" or assessment.get("valid") is False:
        return None
    value = feedback.get("value") if isinstance(feedback, dict) else None
    return float(value) if isinstance(value, bool | int | float) and 0 <= value <= 1 else None


@dataclass(frozen=True, slots=True)
class _MlflowSpan(JsonPiece):
    """A record that its line's JSON holds as one span."""

    of_trace: dict[str, Any]

    def span(self) -> Span:
        found = self.found
        if not isinstance(found, dict):
            raise BadSpanError(f"a span must be an object, got {type(found).__name__}")
        status, attributes = found.get("status") or {}, found.get("attributes") or {}
        if not isinstance(status, dict) or not isinstance(attributes, dict):
            raise BadSpanError("status and attributes must be objects")
        start, end = times(found.get("start_time_unix_nano"), found.get("end_time_unix_nano"))
        parent = found.get("parent_span_id")
        parent_span_id = parent_identifier(_hex(parent, "parent_span_id") if parent else None)
        return Span(
            trace_id=identifier(_hex(found.get("trace_id"), "trace_id"), "trace_id", TRACE_ID_DIGITS),
            span_id=identifier(_hex(found.get("span_id"), "span_id"), "span_id", SPAN_ID_DIGITS),
            parent_span_id=parent_span_id,
            name=str(found.get("name") or ""),
            start_ns=start,
            end_ns=end,
            status=status_of(status.get("code")),
            status_message=str(status.get("message") or "") or None,
            attributes=attributes if parent_span_id else self.of_trace | attributes,
            events=tuple(_event(event) for event in _list(found.get("events"))),
            scope=_SCOPE,
        )


def _hex(value: object, what: str) -> str:
    """An id that is written in base64, in hexadecimal."""
    if not isinstance(value, str):
        raise BadSpanError(f"{what} is missing or no text: {ascii(value)[:60]}")
    try:
        return b64decode(value, validate=True).hex()
    except binascii.Error as error:
        raise BadSpanError(f"{what} is no base64 ({error}): {ascii(value)[:60]}") from error


def _event(found: Any) -> Event:
    if not isinstance(found, dict) or not isinstance(found.get("attributes") or {}, dict):
        raise BadSpanError("an event must be an object with attributes")
    time = found.get("time_unix_nano")
    return Event(str(found.get("name") or ""), found.get("attributes") or {}, time if isinstance(time, int) else None)


def _list(found: object) -> list[Any]:
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadSpanError("events must be a list")
    return found
