"""The way of an ended span: priced and masked once, then to every destination, each with a queue of its own.

The application's thread only queues it. A destination that is slow or down fills its own queue and holds up no other.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

from llm_eval_pipeline.tracing.cost import priced
from llm_eval_pipeline.tracing.masking import Mask, masked
from llm_eval_pipeline.tracing.spans import changed
from llm_eval_pipeline.tracing.worker import CAPACITY, Counts, Worker

log = logging.getLogger(__name__)
CLOSE_S = 30.0
"""Longest that the end of a process waits for its spans to be sent, in seconds: a first import may take ten."""
SERVER_S = 5.0
"""Longest that it waits for a server, in seconds: one that is up takes what is left in less."""


@dataclass(frozen=True, slots=True)
class Destination:
    """Where spans go: what makes an OpenTelemetry exporter, and what warnings and counts call it."""

    name: str
    make: Callable[[], SpanExporter]
    patience_s: float = CLOSE_S
    """How long the end of the process waits for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ways:
    """What is done to each span before it leaves; ``resource`` are attributes over those of the process."""

    mask: Mask | None = None
    resource: dict[str, str] = field(default_factory=dict)
    capacity: int = CAPACITY


class Pipeline:
    """Takes ended spans to the destinations."""

    def __init__(self, destinations: Sequence[Destination], ways: Ways) -> None:
        self._destinations, self._ways = destinations, ways
        self._exporters = {each.name: each.make() for each in destinations}
        self._senders = {
            name: Worker(name, _sending(exporter), capacity=ways.capacity, end=exporter.shutdown)
            for name, exporter in self._exporters.items()
        }
        self._merged = lru_cache(maxsize=8)(lambda resource: resource.merge(Resource(ways.resource)))
        self._intake = Worker("preparing", self._prepare, capacity=ways.capacity)

    def put(self, span: ReadableSpan) -> None:
        """Take a span; it returns at once."""
        if span.context is not None and span.context.trace_flags.sampled:
            self._intake.put(span)

    def flush(self, timeout_s: float) -> bool:
        """Whether all that was put before now was taken by every destination's exporter within the time."""
        end = time.monotonic() + timeout_s
        flushed = [worker.flush(end - time.monotonic()) for worker in (self._intake, *self._senders.values())]
        for exporter in self._exporters.values():
            left = int((end - time.monotonic()) * 1000)
            flushed.append(left > 0 and exporter.force_flush(left))
        return all(flushed)

    def close(self, timeout_s: float = CLOSE_S) -> bool:
        """Flush, and end; what could not be sent in time is said."""
        end = time.monotonic() + timeout_s
        closed = [self._intake.close(end - time.monotonic())]
        for each in self._destinations:
            closed.append(self._senders[each.name].close(min(each.patience_s, end - time.monotonic())))
        return all(closed)

    def again(self) -> Pipeline:
        """The same for a forked process, which has neither its parent's threads nor a right to its connections."""
        return Pipeline(self._destinations, self._ways)

    def counts(self) -> dict[str, Counts]:
        """What became of the spans, by destination; ``preparing`` is what all of them have before them."""
        return {"preparing": self._intake.counts()} | {name: each.counts() for name, each in self._senders.items()}

    def _prepare(self, batch: list[ReadableSpan]) -> bool:
        for ready in filter(None, map(self._ready, batch)):
            for sender in self._senders.values():
                sender.put(ready)
        return True

    def _ready(self, span: ReadableSpan) -> ReadableSpan | None:
        """The span as it may leave, or None when it cannot be made so."""
        try:
            if self._ways.resource:
                span = changed(span, resource=self._merged(span.resource))
            span = priced(span)
            return span if self._ways.mask is None else masked(span, self._ways.mask)
        except Exception as error:  # noqa: BLE001 - other instrumentors' spans may hold anything
            log.warning("tracing: a span was dropped, since it cannot be prepared: %s", type(error).__name__)
            return None


def _sending(exporter: SpanExporter) -> Callable[[list[ReadableSpan]], bool]:
    return lambda batch: exporter.export(batch) is SpanExportResult.SUCCESS
