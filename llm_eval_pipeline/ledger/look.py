"""A look at the ledger: calls by day, model and purpose, what they cost, what was replayed and what failed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from llm_eval_pipeline.ledger.store import Tally


@dataclass(slots=True, kw_only=True)
class LookLine:
    """The calls of one day, model and purpose.

    ``spent_usd`` leaves out the ``unpriced`` calls, whose price nobody knows. ``saved_usd`` is what the replayed calls
    had cost when they were made.
    """

    day: str
    model: str
    purpose: str
    calls: int = 0
    failed: int = 0
    replayed: int = 0
    spent_usd: Decimal = Decimal(0)
    unpriced: int = 0
    saved_usd: Decimal = Decimal(0)

    def add(self, tally: Tally) -> None:
        """Count some calls of this line."""
        if tally.kind == "failed":
            self.failed += tally.calls
        elif tally.kind == "replayed":
            self.replayed += tally.calls
            self.saved_usd += tally.cost_usd or 0
        else:
            self.calls += tally.calls
            self.spent_usd += tally.cost_usd or 0
            self.unpriced += tally.calls if tally.cost_usd is None else 0


def look(tallies: Iterable[Tally]) -> list[LookLine]:
    """The lines of a ledger, newest day first, then by model and purpose."""
    lines: dict[tuple[str, str, str], LookLine] = {}
    for tally in tallies:
        key = tally.day, tally.model, tally.purpose
        line = lines.setdefault(key, LookLine(day=tally.day, model=tally.model, purpose=tally.purpose))
        line.add(tally)
    by_name = sorted(lines.values(), key=lambda line: (line.model, line.purpose))
    return sorted(by_name, key=lambda line: line.day, reverse=True)
