"""What is measured of production: each metric's kind, which way is better, and where in a row it stands.

Belongs here: definitions. Does not belong here: counting (``profiles.py``) or judging a change (drift).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionMetric:
    """One metric: a number per request or per model call, null where it is not known.

    ``sql`` gives the number from a row of ``requests`` or ``calls`` as ``requests.py`` makes them. A ``count`` says how
    many there were, by its n, and has no distribution to compare.
    """

    kind: Literal["continuous", "rate", "count"]
    better: Literal["higher", "lower"] | None
    unit: str
    description: str
    of: Literal["request", "call"]
    sql: str


PRODUCTION_METRICS: Mapping[str, ProductionMetric] = MappingProxyType(
    {
        "requests": ProductionMetric(
            kind="count",
            better=None,
            unit="requests",
            description="Requests; each counts 1, so n is how many there were.",
            of="request",
            sql="1.0",
        ),
        "latency_ms": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="ms",
            description="How long a request took, from the start to the end of its entry span, failed ones included.",
            of="request",
            sql="duration_ms",
        ),
        "error_rate": ProductionMetric(
            kind="rate",
            better="lower",
            unit="share",
            description="1 for a request that ended in an error, else 0.",
            of="request",
            sql="case when status = 'error' then 1.0 else 0.0 end",
        ),
        "cost_usd": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="USD",
            description="What all calls of a request cost; null when one of them has no price.",
            of="request",
            sql="cost_usd",
        ),
        "feedback": ProductionMetric(
            kind="rate",
            better="higher",
            unit="share",
            description="1 for a request whose user liked the answer (a score of at least 0.5), 0 for disliked.",
            of="request",
            sql="case when feedback_score >= 0.5 then 1.0 when feedback_score < 0.5 then 0.0 end",
        ),
        "time_to_first_token_ms": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="ms",
            description="How long a model call took until the first piece of its answer, where it was streamed.",
            of="call",
            sql="first_token_ms",
        ),
        "input_tokens": ProductionMetric(
            kind="continuous",
            better=None,
            unit="tokens",
            description="Tokens that a model call was given, those from a cache included.",
            of="call",
            sql="input_uncached_tokens + coalesce(cache_read_tokens, 0) + coalesce(cache_write_tokens, 0)",
        ),
        "output_tokens": ProductionMetric(
            kind="continuous",
            better=None,
            unit="tokens",
            description="Tokens that a model call wrote, its reasoning included.",
            of="call",
            sql="output_tokens",
        ),
    }
)
