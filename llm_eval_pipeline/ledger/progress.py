"""Progress of long work, logged at a steady rate: done, failed, replayed, spent, time left."""

from __future__ import annotations

import logging
import time
from decimal import Decimal

EVERY_S = 5.0


class Progress:
    """Counts calls as they finish, and logs a line every few seconds."""

    def __init__(self, *, total: int, replayed: int, log: logging.Logger) -> None:
        self.total, self.replayed, self.done, self.failed = total, replayed, 0, 0
        self.spent = Decimal(0)
        self._log = log
        self._started = self._said = time.monotonic()

    def count(self, *, failed: bool, cost_usd: Decimal | None) -> None:
        """One more call has ended."""
        self.done += 1
        self.failed += failed
        self.spent += cost_usd or 0
        now = time.monotonic()
        if now - self._said >= EVERY_S:
            self._said = now
            left = (now - self._started) / self.done * (self.total - self.done)
            self._log.info("%s, about %.0f s left", self, left)

    def finish(self) -> None:
        """Say how it ended; a plan may have counted calls that turned out to be the same, or not to be needed."""
        self.total = self.done
        self._log.info("%s in %.1f s", self, time.monotonic() - self._started)

    def __str__(self) -> str:
        """The counts in a line."""
        return (
            f"{self.done} of {self.total} calls made, {self.failed} failed, "
            f"{self.replayed} replayed, {self.spent:.4f} USD spent"
        )
