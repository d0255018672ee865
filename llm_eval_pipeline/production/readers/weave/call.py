"""One call of W&B Weave as a span, with what its trace server, its SDKs and its exports all write.

https://docs.wandb.ai/weave/reference/service-api — what a parent's summary repeats of its children is told apart from
what a call has used itself. Not here: what inputs, outputs and usage mean (``conventions/weave``).
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Any

import orjson

from llm_eval_pipeline.production.conventions.application import FEEDBACK
from llm_eval_pipeline.production.ids import span_identifier, trace_identifier
from llm_eval_pipeline.production.instants import from_iso
from llm_eval_pipeline.production.readers.json_lines import JsonPiece
from llm_eval_pipeline.production.readers.weave.feedback import feedback_score
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError, Scope, Span, times

_OP = re.compile(r"weave:///.*/op/(?P<name>.+):[^:/]+")
_SCOPE = Scope("weave")


@dataclass(frozen=True, slots=True)
class WeaveCall(JsonPiece):
    """A record that its line's JSON holds as one call."""

    parents: Set[str]

    def span(self) -> Span:
        """The call; it raises :class:`OpenSpanError` while it has not ended."""
        found = self.found
        if not isinstance(found, dict) or "op_name" not in found:
            raise BadSpanError("no call of Weave's: it has no op_name")
        if not found.get("ended_at"):
            raise OpenSpanError("the call has not ended")
        start, end = times(from_iso(found.get("started_at"), "started_at"), from_iso(found["ended_at"], "ended_at"))
        parent = found.get("parent_id")
        error = _error(found.get("exception"))
        is_error = error is not None or _told(found, "summary", "weave").get("status") == "error"
        span = Span(
            trace_id=trace_identifier(found.get("trace_id"), "trace_id"),
            span_id=span_identifier(found.get("id"), "id"),
            parent_span_id=span_identifier(parent, "parent_id") if parent else None,
            name=_op_name(found["op_name"]),
            start_ns=start,
            end_ns=end,
            status="error" if is_error else "ok",
            status_message=error,
            attributes=_attributes(found, self.parents),
            events=(),
            scope=_SCOPE,
        )
        try:
            orjson.dumps(span.attributes)
        except orjson.JSONEncodeError as failure:
            raise BadSpanError(f"the call is nested too deeply to be kept: {failure}") from failure
        return span


def _attributes(call: dict[str, Any], parents: Set[str]) -> dict[str, Any]:
    """What the call says, under Weave's names, over what the application said of it."""
    given = _told(call, "attributes")
    own = given.get("llm_eval")
    nested = {f"llm_eval.{name}": value for name, value in own.items()} if isinstance(own, dict) else {}
    told = {
        "weave.kind": _told(call, "attributes", "weave").get("kind"),
        "weave.inputs": call.get("inputs"),
        "weave.output": call.get("output"),
        "weave.usage": _told(call, "summary", "usage") or None,
        "weave.has_children": _has_children(call, parents),
        "session.id": call.get("thread_id"),
        FEEDBACK: feedback_score(_told(call, "summary", "weave").get("feedback")),
    }
    return {
        **{name: value for name, value in given.items() if name not in ("weave", "llm_eval")},
        **nested,
        **{name: value for name, value in told.items() if value is not None},
    }


def _has_children(call: dict[str, Any], parents: Set[str]) -> bool:
    """Whether the usage in the call's summary is its children's: a call counts its own status and all below it."""
    counts = _told(call, "summary", "status_counts")
    if counts:
        return sum(n for n in counts.values() if type(n) is int) > 1
    return call.get("id") in parents if isinstance(call.get("id"), str) else False


def _told(found: dict[str, Any], *names: str) -> dict[str, Any]:
    """The object below these names; empty where there is none."""
    for name in names:
        found = value if isinstance(value := found.get(name), dict) else {}
    return found


def _op_name(value: object) -> str:
    """A call's op: its name alone out of ``weave:///entity/project/op/NAME:DIGEST``."""
    if not isinstance(value, str):
        raise BadSpanError(f"op_name must be text, got {ascii(value)[:60]}")
    match = _OP.fullmatch(value)
    return match["name"] if match else value


def _error(value: object) -> str | None:
    """What went wrong, out of an exception that may be text or JSON with type, message and traceback."""
    if value is None or value == "":
        return None
    found = value
    if isinstance(value, str):
        try:
            found = orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    if isinstance(found, dict) and found.get("type"):
        return f"{found['type']}: {found.get('message') or ''}".rstrip(": ")
    return str(value)
