"""A run of LangSmith's as a span, whether its objects are JSON or texts that hold JSON (as in Parquet).

https://docs.langchain.com/langsmith/run-data-format. The API's second version (``langsmith.types.run`` of the SDK) has
``parent_run_ids`` from the root down, metadata of its own, and states in upper case.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.application import FEEDBACK, PROMPT_VERSION
from llm_eval_pipeline.production.conventions.langsmith import FIRST_TOKEN, INPUTS, INVOCATION, OUTPUTS, RUN_TYPE, USAGE
from llm_eval_pipeline.production.conventions.values import parsed, text
from llm_eval_pipeline.production.ids import span_identifier, trace_identifier
from llm_eval_pipeline.production.instants import instant_ns
from llm_eval_pipeline.production.readers.feedback import feedback_of
from llm_eval_pipeline.production.readers.fields import as_text, object_in, told_by
from llm_eval_pipeline.production.spans import BadSpanError, Event, OpenSpanError, Scope, Span, Status, times

COUNTS = (
    *("prompt_tokens", "completion_tokens", "total_tokens"),
    *("prompt_token_details", "completion_token_details"),
)
FIELDS = (
    *("id", "trace_id", "parent_run_id", "parent_run_ids", "dotted_order", "name", "run_type"),
    *("start_time", "end_time", "first_token_time", "inputs", "outputs", "extra", "metadata", "error", "status"),
    *("thread_id", "tags", "feedback_stats", *COUNTS),
)
"""What a span takes of a run."""

_SCOPE = Scope("langsmith")
_THREAD = ("session_id", "thread_id", "conversation_id")  # in its metadata; a run's own session_id is its project
_STATUS: dict[str, Status] = {"success": "ok", "error": "error"}


def span_of_run(run: object) -> Span:
    """The run as a span.

    Raises:
        OpenSpanError: when it has not ended.
        BadSpanError: when it is no run, or says something that cannot be.
    """
    if not isinstance(run, dict):
        raise BadSpanError(f"a run must be an object, got {type(run).__name__}")
    start = instant_ns(run.get("start_time"), "start_time")
    trace, parent = _trace_and_parent(run)
    span_id = span_identifier(run.get("id"), "id")
    if run.get("end_time") is None or run["end_time"] == "":
        raise OpenSpanError(f"the run {run['id']} has no end_time: it had not ended when it was exported")
    start_ns, end_ns = times(start, instant_ns(run["end_time"], "end_time"))
    error, status = as_text(run.get("error"), "error"), (text(run, "status") or "").lower()
    first_token = run.get("first_token_time")
    return Span(
        trace_id=trace,
        span_id=span_id,
        parent_span_id=parent,
        name=as_text(run.get("name"), "name") or "",
        start_ns=start_ns,
        end_ns=end_ns,
        status="error" if error else _STATUS.get(status, "unset"),
        status_message=error,
        attributes=_attributes(run),
        events=(Event(FIRST_TOKEN, {}, instant_ns(first_token, "first_token_time")),) if first_token else (),
        scope=_SCOPE,
    )


def _trace_and_parent(run: dict[str, Any]) -> tuple[str, str | None]:
    """The ids of the trace and the parent: an export may leave out either, and ``dotted_order`` has both."""
    order, above = run.get("dotted_order"), parsed(run.get("parent_run_ids"))
    path = [part.partition("Z")[2] for part in order.split(".")] if isinstance(order, str) and "Z" in order else []
    above = above if isinstance(above, list) and above else path[:-1]
    parent = run.get("parent_run_id") or next(reversed(above), None)
    trace = run.get("trace_id") or next(iter(path), None) or (None if parent else run.get("id"))
    return trace_identifier(trace, "trace_id"), span_identifier(parent, "parent_run_id") if parent else None


def _attributes(run: dict[str, Any]) -> dict[str, Any]:
    extra, stats = object_in(run, "extra"), object_in(run, "feedback_stats")
    metadata = told_by(parsed(run.get("tags")), object_in(extra, "metadata") | object_in(run, "metadata"))
    averages = [(key, stat.get("avg")) for key, stat in stats.items() if isinstance(stat, dict)]
    found = {
        RUN_TYPE: text(run, "run_type") or "",
        INPUTS: as_text(run.get("inputs"), "inputs"),
        OUTPUTS: as_text(run.get("outputs"), "outputs"),
        INVOCATION: as_text(extra.get("invocation_params"), "invocation_params"),
        USAGE: as_text({name: parsed(run[name]) for name in COUNTS if run.get(name) is not None}, "token counts"),
        "metadata": as_text(metadata, "metadata"),
        "session.id": text(metadata, *_THREAD) or text(run, "thread_id"),
        "user.id": text(metadata, "user_id"),
        PROMPT_VERSION: text(metadata, PROMPT_VERSION, "prompt_version") or _hub_version(metadata),
        FEEDBACK: feedback_of((key, average) for key, average in averages if average is not None),
    }
    return {name: value for name, value in found.items() if value is not None}


def _hub_version(metadata: dict[str, Any]) -> str | None:
    """The prompt as LangSmith's hub names it, ``repository:commit``."""
    repository, commit = text(metadata, "lc_hub_repo"), text(metadata, "lc_hub_commit_hash")
    return f"{repository}:{commit}" if repository and commit else None
