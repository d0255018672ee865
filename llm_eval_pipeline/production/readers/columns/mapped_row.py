"""One row as a span. Not here: how a value is written (``cells``), what its columns mean (``conventions/columns``)."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

import orjson

from llm_eval_pipeline.production.conventions.application import FEEDBACK
from llm_eval_pipeline.production.conventions.columns import CACHED_APART, PREFIX
from llm_eval_pipeline.production.ids import span_identifier, trace_identifier
from llm_eval_pipeline.production.mapping import Mapping, Told
from llm_eval_pipeline.production.readers.columns.cells import (
    counted,
    end_of,
    finite,
    instant,
    status_cell,
    text,
    whole,
)
from llm_eval_pipeline.production.readers.columns.row import Row, jsonable
from llm_eval_pipeline.production.spans import BadSpanError, Scope, Span, times

_MEANT = ("operation", "model", "input", "output", "finish_reason", "documents")
_COUNTS = ("input_tokens", "cached_input_tokens", "output_tokens")
_OF_THE_SPAN = ("name", "parent_span_id", "status", "error")
_OF_THE_APPLICATION = {
    "feature": "llm_eval.feature",
    "prompt_version": "llm_eval.prompt_version",
    "session_id": "session.id",
    "user_id": "user.id",
}
_SCOPE = Scope("columns")


@dataclass(frozen=True, slots=True)
class MappedRow:
    """A record that one row holds."""

    row: Row
    mapping: Mapping

    @property
    def line(self) -> int:
        """The row's line."""
        return self.row.line

    @property
    def part(self) -> int:
        """The row's place in its line."""
        return self.row.part

    def raw(self) -> bytes:
        """The row as JSON."""
        return self.row.raw()

    def size(self) -> int:
        """How many bytes that are."""
        return self.row.size()

    def span(self) -> Span:
        """The span; without an id of its own it gets one that says what the row says, so a copy of it is a copy."""
        mapping = self.mapping
        told = {field: self._value(each) for field, each in mapping.columns.told().items()}
        trace_id = trace_identifier(whole(told["trace_id"]), "trace_id")
        start_ns = instant(told["started_at"], mapping.time, "started_at")
        start, end = times(start_ns, end_of(told, start_ns, mapping.time))
        error = text(told.get("error"))
        attributes = _attributes(told) | {CACHED_APART: mapping.input_includes_cached is False}
        try:
            body = orjson.dumps(
                [trace_id, start, end, *(told.get(name) for name in _OF_THE_SPAN), attributes],
                default=str,
                option=orjson.OPT_SORT_KEYS,
            )
        except orjson.JSONEncodeError as failure:
            raise BadSpanError(f"the row cannot be kept as JSON: {failure}") from failure
        parent = whole(told.get("parent_span_id"))
        if "span_id" in told:
            span_id = span_identifier(whole(told["span_id"]), "span_id")
        else:
            span_id = hashlib.blake2b(body, digest_size=8).hexdigest()
        return Span(
            trace_id=trace_id,
            span_id=span_id,
            parent_span_id=None if parent is None or parent == "" else span_identifier(parent, "parent_span_id"),
            name=text(told.get("name")) or text(told.get("operation")) or "row",
            start_ns=start,
            end_ns=end,
            status="error" if error else status_cell(told.get("status")),
            status_message=error,
            attributes=attributes,
            events=(),
            scope=_SCOPE,
        )

    def _value(self, told: Told) -> Any:
        if told.column is None:
            return told.value
        value = self.row.get(told.column)
        return None if isinstance(value, float) and math.isnan(value) else value


def _attributes(told: dict[str, Any]) -> dict[str, Any]:
    """What conventions read; what is not told is left out."""
    made = {f"{PREFIX}{field}": jsonable(told[field]) for field in _MEANT if told.get(field) is not None}
    made |= {f"{PREFIX}{field}": jsonable(counted(told[field])) for field in _COUNTS if told.get(field) is not None}
    made |= {name: text(told[field]) for field, name in _OF_THE_APPLICATION.items() if told.get(field) is not None}
    if (score := finite(told.get("feedback_score"), "feedback_score")) is not None:
        made[FEEDBACK] = score
    return made
