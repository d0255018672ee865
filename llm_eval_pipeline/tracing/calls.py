"""Which span is the model call, where several tell of one: LangChain's around openai's, the decorator around either.

The innermost is, since it is what was paid for. A span that turns out to have a call of its own sort below it becomes
a chain and loses its token counts, unless it alone knows any.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan, Span

from llm_eval_pipeline.production.conventions.seam import MODEL_CALLS
from llm_eval_pipeline.tracing import names
from llm_eval_pipeline.tracing.spans import changed

_MOST_OPEN = 100_000  # spans that are never ended must not fill the memory
_WRITING = dict.fromkeys(MODEL_CALLS, "writing")
_SORTS = _WRITING | {"embeddings": "embedding", "LLM": "writing", "EMBEDDING": "embedding"}
_TOKENS = (names.INPUT_TOKENS, f"{names.OPENINFERENCE_TOKENS}prompt")


@dataclass(slots=True)
class _Open:
    """A span under way: its parent, what it carries, and the sorts of calls seen below it, and those with tokens."""

    parent: int | None
    carries: Mapping[str, str]
    below: set[str] = field(default_factory=set)
    counted_below: set[str] = field(default_factory=set)


class Calls:
    """The spans that are under way, and what was seen below each."""

    def __init__(self) -> None:
        self._open: dict[int, _Open] = {}
        self._lock = threading.Lock()

    def began(self, span: Span, carries: Mapping[str, str]) -> Mapping[str, str]:
        """Note that a span began, and return what it carries: its context's, and what its parent carries."""
        parent = span.parent.span_id if span.parent is not None else None
        with self._lock:
            above = self._open.get(parent) if parent is not None else None
            carries = {**above.carries, **carries} if above is not None else dict(carries)
            if len(self._open) >= _MOST_OPEN:
                self._open.pop(next(iter(self._open)))
            self._open[span.get_span_context().span_id] = _Open(parent, carries)
            if sort := _sort(span.attributes or {}):
                self._mark(parent, sort, counted=False)
        return carries

    def ended(self, span: ReadableSpan) -> ReadableSpan:
        """The span as it is to be told: a call, or what only wraps one."""
        told = span.attributes or {}
        sort = _sort(told)
        counted = any(name in told for name in _TOKENS)
        with self._lock:
            seen = self._open.pop(span.context.span_id, None) if span.context is not None else None
            if seen is None or sort is None:
                return span
            if sort not in seen.below or (counted and sort not in seen.counted_below):
                self._mark(seen.parent, sort, counted=counted)
                return span
        return changed(span, attributes=_wrapping(told))

    def is_open(self, span: int) -> bool:
        """Whether a span is under way."""
        return span in self._open

    def is_below(self, span: int, above: int) -> bool:
        """Whether a span that is under way has another one above it."""
        with self._lock:
            found = self._open.get(span)
            while found is not None and found.parent is not None:
                if found.parent == above:
                    return True
                found = self._open.get(found.parent)
        return False

    def _mark(self, above: int | None, sort: str, *, counted: bool) -> None:
        while above is not None and (found := self._open.get(above)) is not None:
            found.below.add(sort)
            if counted:
                found.counted_below.add(sort)
            above = found.parent


def _sort(told: Mapping[str, Any]) -> str | None:
    """Whether the span is a call of a model that writes or embeds; OpenInference's word goes first, as in reading."""
    return _SORTS.get(str(told.get(names.OPENINFERENCE_KIND) or told.get(names.OPERATION) or ""))


def _wrapping(told: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a span that wraps a call: a chain, without what is counted and paid for."""
    dropped = (names.USAGE, names.OPENINFERENCE_TOKENS, names.OPENINFERENCE_COST, names.COST_USD)
    kept = {name: value for name, value in told.items() if not name.startswith(dropped)}
    kept[names.WRAPS] = str(told.get(names.OPERATION) or told.get(names.OPENINFERENCE_KIND))
    for name, value in ((names.OPENINFERENCE_KIND, "CHAIN"), (names.OPERATION, "chain")):
        if name in kept:
            kept[name] = value
    return kept
