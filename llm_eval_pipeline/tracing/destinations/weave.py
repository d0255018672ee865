"""W&B Weave: each trace as a tree of calls, such as ``@weave.op`` makes (extra ``weave``).

Weave wants a call's parent first, and spans end with the children first. So a trace is kept until its root has ended,
or the process ends, and is told from the root down.
"""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any
from uuid import UUID

from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from opentelemetry.trace import StatusCode

from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.destinations.weave_content import CONTENT, inputs, output, summary

_MOST_TRACES = 1_000
_MOST_CALLS = 20_000
_NS = 1_000_000_000


class TracedError(Exception):
    """An error that a span tells of, for Weave, which wants an exception."""


class WeaveExporter(SpanExporter):
    """Tells Weave of whole traces.

    Args:
        project: a project's name, for which Weave logs in as it is used to (``WANDB_API_KEY``), or a Weave client.
    """

    def __init__(self, project: Any) -> None:
        self._project = project
        self._client: Any = None if isinstance(project, str) else project
        self._waiting: OrderedDict[int, list[ReadableSpan]] = OrderedDict()
        self._told: OrderedDict[int, Any] = OrderedDict()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep the spans, and tell of the traces that are whole."""
        for span in spans:
            self._waiting.setdefault(_context(span).trace_id, []).append(span)
        for trace in {_context(span).trace_id for span in spans if _is_root(span) or self._known(span)}:
            self._tell(self._waiting.pop(trace, []))
        while len(self._waiting) > _MOST_TRACES:
            self._tell(self._waiting.popitem(last=False)[1])
        return SpanExportResult.SUCCESS

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Wait until Weave has what it was told."""
        if self._client is not None:
            self._client.flush()
        return True

    def shutdown(self) -> None:
        """Tell of traces whose roots have not come."""
        while self._waiting:
            self._tell(self._waiting.popitem(last=False)[1])
        self.force_flush()

    def _known(self, span: ReadableSpan) -> bool:
        return span.parent is not None and span.parent.span_id in self._told

    def _tell(self, spans: list[ReadableSpan]) -> None:
        """One trace: parents are begun before their children, and ended after them."""
        client = self._opened()
        ordered = sorted(spans, key=lambda span: (span.start_time or 0, -(span.end_time or 0)))
        begun: list[tuple[ReadableSpan, Any]] = []
        here = {_context(span).span_id for span in ordered}
        while ordered:
            ready = next((s for s in ordered if s.parent is None or s.parent.span_id not in here), ordered[0])
            ordered.remove(ready)
            here.discard(_context(ready).span_id)
            begun.append((ready, self._begin(client, ready)))
        for span, call in reversed(begun):
            self._finish(client, span, call)

    def _begin(self, client: Any, span: ReadableSpan) -> Any:
        context, told = _context(span), dict(span.attributes or {})
        parent = self._told.get(span.parent.span_id) if span.parent is not None else None
        # Weave wants a root's id to be its trace's.
        identifier = UUID(int=context.trace_id if _is_root(span) else _mixed(context.trace_id, context.span_id))
        call = client.create_call(
            span.name,
            inputs(told),
            parent=parent,
            attributes={name: value for name, value in told.items() if name not in CONTENT},
            display_name=span.name,
            use_stack=False,
            _call_id_override=str(identifier),
            started_at=_time(span.start_time),
        )
        self._told[context.span_id] = call
        while len(self._told) > _MOST_CALLS:
            self._told.popitem(last=False)
        return call

    def _finish(self, client: Any, span: ReadableSpan, call: Any) -> None:
        told = dict(span.attributes or {})
        call.summary = summary(told)
        failed = span.status.status_code is StatusCode.ERROR
        error = TracedError(span.status.description or str(told.get(names.ERROR_TYPE, "error"))) if failed else None
        client.finish_call(call, None if failed else output(told), error, ended_at=_time(span.end_time))

    def _opened(self) -> Any:
        if self._client is None:
            os.environ.setdefault("WEAVE_PRINT_CALL_LINK", "false")
            os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
            import weave

            # Its own patches of openai and others would tell of every call a second time.
            self._client = weave.init(self._project, settings={"implicitly_patch_integrations": False})
        from weave.trace.context.weave_client_context import get_weave_client, set_weave_client_global

        if get_weave_client() is None:  # without one of the process, a client's calls go nowhere
            set_weave_client_global(self._client)
        return self._client


def weave_exporter(project: Any) -> WeaveExporter:
    """An exporter for a project's name or a Weave client.

    Raises:
        ModuleNotFoundError: when Weave is not installed.
    """
    if find_spec("weave") is None:
        raise ModuleNotFoundError("weave= needs the package weave: install llm-eval-pipeline[weave]")
    return WeaveExporter(project)


def _is_root(span: ReadableSpan) -> bool:
    """Whether nothing above it can come from this process."""
    return span.parent is None or span.parent.is_remote


def _context(span: ReadableSpan) -> Any:
    return span.context


def _mixed(trace: int, span: int) -> int:
    """An id of 128 bits that follows from a trace's and a span's."""
    return trace ^ (span << 64 | span)


def _time(nanoseconds: int | None) -> datetime:
    return datetime.fromtimestamp((nanoseconds or 0) / _NS, UTC)
