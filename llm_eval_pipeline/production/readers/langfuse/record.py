"""Observations and traces of Langfuse's as spans, with the API's names (``traceId``) or the export's (``trace_id``).

https://api.reference.langfuse.com, https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields.
Attributes have the names that Langfuse's own OpenTelemetry SDK gives them.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.langfuse import FIRST_TOKEN, INPUT, MODEL, OUTPUT, TYPE, USAGE
from llm_eval_pipeline.production.conventions.values import parsed, text
from llm_eval_pipeline.production.ids import span_identifier, trace_identifier
from llm_eval_pipeline.production.instants import instant_ns
from llm_eval_pipeline.production.readers.fields import as_text
from llm_eval_pipeline.production.readers.langfuse.context import Record, field, told_of_application
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError, Scope, Span, times

_SCOPE = Scope("langfuse")
_LONGEST_S = 10**9


def parent_of(observation: Record) -> Any:
    """The id of the observation that another lies in, None for one that lies in its trace alone."""
    return field(observation, "parentObservationId", "parent_observation_id")


def span_of_observation(found: object, trace: Record | None = None, parent: object = None) -> Span:
    """An observation as a span.

    Args:
        found: the observation.
        trace: its trace, where what is known of the whole trace belongs to this observation.
        parent: the id of its parent, where it names none.

    Raises:
        OpenSpanError: when it has not ended; an event needs no end.
        BadSpanError: when it is no observation, or says something that cannot be.
    """
    observation = _object(found, "an observation")
    whole = trace or {}
    start = instant_ns(field(observation, "startTime", "start_time"), "startTime")
    kind = str(field(observation, "type") or "SPAN").upper()
    trace_id = trace_identifier(field(observation, "traceId", "trace_id") or whole.get("id"), "traceId")
    span_id = span_identifier(observation.get("id"), "id")
    end = field(observation, "endTime", "end_time")
    if end is None and kind != "EVENT":
        raise OpenSpanError(
            f"the observation {observation['id']} has no endTime: it had not ended when it was exported"
        )
    start_ns, end_ns = times(start, start if end is None else instant_ns(end, "endTime"))
    named = parent_of(observation) or parent
    failed = field(observation, "level") == "ERROR"
    first_token = field(observation, "completionStartTime", "completion_start_time")
    attributes = {
        TYPE: kind,
        INPUT: as_text(field(observation, "input") or whole.get("input"), "input"),
        OUTPUT: as_text(field(observation, "output") or whole.get("output"), "output"),
        MODEL: text(observation, "model", "providedModelName", "provided_model_name"),
        USAGE: as_text(_usage(observation), "usageDetails"),
        FIRST_TOKEN: str(instant_ns(first_token, "completionStartTime")) if first_token is not None else None,
        **told_of_application(observation, whole),
    }
    return Span(
        trace_id=trace_id,
        span_id=span_id,
        parent_span_id=span_identifier(named, "parentObservationId") if named else None,
        name=as_text(observation.get("name"), "name") or "",
        start_ns=start_ns,
        end_ns=end_ns,
        status="error" if failed else "unset",
        status_message=as_text(field(observation, "statusMessage", "status_message"), "statusMessage"),
        attributes={name: value for name, value in attributes.items() if value is not None},
        events=(),
        scope=_SCOPE,
    )


def span_of_trace(found: object, bounds: tuple[int, int] | None = None) -> Span:
    """A trace as the root of its spans.

    Args:
        found: the trace.
        bounds: when its first observation began and its last ended, in nanoseconds; by default its latency says so.

    Raises:
        OpenSpanError: when nothing says when it ended.
        BadSpanError: when it is no trace, or says something that cannot be.
    """
    trace = _object(found, "a trace")
    trace_id = trace_identifier(trace.get("id"), "id")
    start = instant_ns(trace.get("timestamp"), "timestamp")
    if bounds is None:
        start_ns, end_ns = times(start, start + _latency_ns(trace))
    else:
        start_ns, end_ns = times(min(start, bounds[0]), bounds[1])
    attributes = {
        TYPE: "TRACE",
        INPUT: as_text(trace.get("input"), "input"),
        OUTPUT: as_text(trace.get("output"), "output"),
        **told_of_application(trace, {}),
    }
    return Span(
        trace_id=trace_id,
        span_id=span_identifier(trace["id"], "id"),
        parent_span_id=None,
        name=as_text(trace.get("name"), "name") or "",
        start_ns=start_ns,
        end_ns=end_ns,
        status="unset",
        status_message=None,
        attributes={name: value for name, value in attributes.items() if value is not None},
        events=(),
        scope=_SCOPE,
    )


def _object(found: object, what: str) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise BadSpanError(f"{what} must be an object, got {type(found).__name__}")
    return found


def _latency_ns(trace: Record) -> int:
    latency = trace.get("latency")
    if latency is None:
        raise OpenSpanError(f"the trace {trace['id']} has no latency: nothing says when it ended")
    if isinstance(latency, bool) or not isinstance(latency, int | float) or not 0 <= latency < _LONGEST_S:
        raise BadSpanError(f"latency must be a number of seconds of at least 0, got {ascii(latency)[:60]}")
    return round(latency * 1_000_000_000)


def _usage(observation: Record) -> Any:
    """Tokens by kind; older versions have ``usage`` in their place, which may count other things than tokens."""
    details = parsed(field(observation, "usageDetails", "usage_details"))
    if details is not None and details != {}:
        if not isinstance(details, dict):
            raise BadSpanError(f"usageDetails must be an object, got {ascii(details)[:60]}")
        return details
    usage = parsed(observation.get("usage"))
    if not isinstance(usage, dict) or usage.get("unit") not in (None, "TOKENS"):
        return None
    counts = {name: usage[name] for name in ("input", "output", "total") if usage.get(name) is not None}
    return counts if any(counts.values()) else None
