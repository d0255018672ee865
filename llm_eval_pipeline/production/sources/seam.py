"""The seam to every system that keeps traces: what is new there becomes files below the landing folder.

Reading is at least once. Files are written whole or not at all, and remembered after they are there: what a crash has
fetched twice is one row in ``production_traces``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class SourceError(RuntimeError):
    """A source cannot be fetched from. The text says why, and names the setting."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch did: traces (or calls) written, and those that wait until they have ended."""

    traces: int
    open: int


class Source(Protocol):
    """Anything that traces can be fetched from."""

    @property
    def name(self) -> str:
        """What logs call it."""
        ...

    def fetch(self, now: datetime) -> Fetched:
        """Write what is new since the last fetch into files of the landing folder.

        Raises:
            SourceError: when the source does not answer, or refuses. What was written before that stays.
        """
        ...
