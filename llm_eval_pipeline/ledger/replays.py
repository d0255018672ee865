"""What the ledger answered in place of a call, counted, so that people see what it saves."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from llm_eval_pipeline.ledger.calls import Answer, Call


@dataclass(slots=True)
class Saved:
    """How many calls were not made, and what they had cost; a call without a known price adds nothing."""

    calls: int = 0
    cost_usd: Decimal = Decimal(0)


@dataclass(slots=True)
class Replays:
    """The replays of one asking by (model, purpose, occasion)."""

    saved: dict[tuple[str, str, str], Saved] = field(default_factory=dict)

    def count(self, call: Call, answer: Answer) -> None:
        """Add one replayed answer."""
        saved = self.saved.setdefault((call.request.model, call.purpose, call.occasion), Saved())
        saved.calls += 1
        saved.cost_usd += answer.cost_usd or 0
