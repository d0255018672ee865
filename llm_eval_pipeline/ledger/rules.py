"""How calls are made, and when they are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from llm_eval_pipeline.clients.clock import Clock, system_clock


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingRules:
    """How calls are made, and when they are not.

    Attributes:
        mode: ``live``, or ``replay`` to ask nobody.
        allow_late: whether today's model may be asked about a week that ended long ago.
        concurrency: most calls under way at once.
        attempts: how often a call may fail (5xx, time-out, lost connection) before it has failed for good.
        refusals: how often it may be put off by a 429, which says nothing against the call itself.
        backoff_s: the wait after the first failure; it doubles each time, with full jitter, and the endpoint's own
            ``Retry-After`` goes before it.
        longest_wait_s: an endpoint that asks for a longer wait is taken at its word: the call has failed.
        budget_usd: what the missing calls of one asking may cost; None is no limit.
        clock: what time it is.
    """

    mode: str = "live"
    allow_late: bool = False
    concurrency: int = 64
    attempts: int = 6
    refusals: int = 50
    backoff_s: float = 0.5
    longest_wait_s: float = 120.0
    budget_usd: Decimal | None = None
    clock: Clock = field(default=system_clock)
