"""What the receiver has done since it started: numbers for ``/health``, and a steady word about refusals in the log."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from llm_eval_pipeline.receiver.refusals import RefusedError

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Counts:
    """Since the start: requests, spans and bytes (of bodies, unpacked) that were taken, what was refused, and files."""

    requests: int = 0
    spans: int = 0
    bytes: int = 0
    files: int = 0
    """Files that have their final name."""
    refused: Counter[str] = field(default_factory=Counter)
    _told: Counter[str] = field(default_factory=Counter)
    _latest: dict[str, str] = field(default_factory=dict)

    def take(self, spans: int, size: int) -> None:
        """Count a request that is on disk."""
        self.requests += 1
        self.spans += spans
        self.bytes += size

    def refuse(self, refusal: RefusedError) -> None:
        """Count a request that was not taken; the first of its kind is logged at once."""
        self.refused[refusal.kind] += 1
        self._latest[refusal.kind] = refusal.why
        if self.refused[refusal.kind] == 1:
            self.tell_refusals()

    def tell_refusals(self) -> None:
        """Log a line for each kind that was refused since the last time."""
        for kind, number in self.refused.items():
            if new := number - self._told[kind]:
                self._told[kind] = number
                _log.warning("refused %d more (%s, %d in all): %s", new, kind, number, self._latest[kind])
