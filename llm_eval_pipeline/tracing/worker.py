"""A queue with a thread behind it: putting never waits and never fails; what does not fit is counted and said.

OpenTelemetry's own batch processor drops the oldest span without counting it, and cannot bound how long a flush waits.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from opentelemetry import context as otel
from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY
from opentelemetry.sdk.trace import ReadableSpan

log = logging.getLogger(__name__)

CAPACITY = 20_000
"""So many spans may wait; a burst of 5,000 is nothing, and an hour without a destination does not fill the memory."""
_BATCH = 512
_DELAY_S = 0.2
_WARN_EVERY_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """What became of the spans that were put: ``waiting`` are those neither sent, nor lost, nor dropped yet."""

    sent: int
    lost: int
    """Given to the destination, which did not take them."""
    dropped: int
    """Not kept, since too many waited."""
    waiting: int


class Worker:
    """Hands spans in batches to ``take``, which says whether they were taken, in a thread of its own.

    Args:
        name: what warnings call it.
        take: is given at most 512 spans at once.
        capacity: how many spans may wait.
        end: is called last, in the same thread.
    """

    def __init__(
        self,
        name: str,
        take: Callable[[list[ReadableSpan]], bool],
        *,
        capacity: int = CAPACITY,
        end: Callable[[], object] | None = None,
    ) -> None:
        self._name, self._take, self._capacity = name, take, capacity
        self._end, self._warned_at = end, -_WARN_EVERY_S
        self._waiting: deque[ReadableSpan] = deque()
        self._accepted = self._sent = self._lost = self._dropped = 0
        self._changed = threading.Condition()
        self._hurry = self._closed = False
        self._thread = threading.Thread(target=self._run, name=f"llm-eval-{self._name}", daemon=True)
        self._thread.start()

    def put(self, span: ReadableSpan) -> None:
        """Queue a span, or count it as dropped."""
        with self._changed:
            if not self._closed and len(self._waiting) < self._capacity:
                self._accepted += 1
                self._waiting.append(span)
                if len(self._waiting) in (1, _BATCH):
                    self._changed.notify_all()
                return
            self._dropped += 1
        self._warn(f"{self._dropped} spans dropped so far: {self._capacity} are waiting already")

    def flush(self, timeout_s: float) -> bool:
        """Whether all that was put before now and waits was taken within the time."""
        with self._changed:
            goal, lost = self._accepted, self._lost
            self._hurry = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: self._sent + self._lost >= goal, max(0.0, timeout_s))
            self._hurry = False
            return done and self._lost == lost

    def close(self, timeout_s: float) -> bool:
        """Flush, take no more, and end; what is not handed over by then is dropped."""
        until = time.monotonic() + timeout_s
        done = self.flush(timeout_s)
        with self._changed:
            self._closed = True
            unsent = self._accepted - self._sent - self._lost
            self._accepted -= len(self._waiting)
            self._dropped += len(self._waiting)
            self._waiting.clear()
            self._changed.notify_all()
        if unsent:
            log.warning("tracing: %s: %d spans were not handed over in time", self._name, unsent)
        self._thread.join(max(0.0, until - time.monotonic()))
        return done

    def counts(self) -> Counts:
        """What became of the spans so far."""
        with self._changed:
            waiting = self._accepted - self._sent - self._lost
            return Counts(sent=self._sent, lost=self._lost, dropped=self._dropped, waiting=waiting)

    def _run(self) -> None:
        otel.attach(otel.set_value(_SUPPRESS_INSTRUMENTATION_KEY, True))  # sending is not to be traced itself
        while batch := self._next():
            taken = self._handed(batch)
            with self._changed:
                self._sent, self._lost = self._sent + len(batch) * taken, self._lost + len(batch) * (not taken)
                self._changed.notify_all()
            if not taken:
                self._warn(f"{self._lost} spans were not taken so far: is it there, and may this application send?")
        if self._end is not None:
            self._guarded(self._end)

    def _next(self) -> list[ReadableSpan]:
        """The next batch, once there are enough spans or the first has waited a little; nothing once it is closed."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            self._changed.wait_for(lambda: self._hurry or self._closed or len(self._waiting) >= _BATCH, _DELAY_S)
            return [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]

    def _handed(self, batch: list[ReadableSpan]) -> bool:
        return bool(self._guarded(lambda: self._take(batch)))

    def _guarded(self, step: Callable[[], object]) -> object:
        try:
            return step()
        except Exception as error:  # noqa: BLE001 - whatever a destination raises, the application goes on
            self._warn(f"{type(error).__name__}: {str(error)[:300]}")
            return None

    def _warn(self, what: str) -> None:
        now = time.monotonic()
        if now - self._warned_at >= _WARN_EVERY_S:
            self._warned_at = now
            log.warning("tracing: %s: %s", self._name, what)
