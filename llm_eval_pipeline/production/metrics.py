"""What is measured of production: each metric's kind, which way is better, and where in a row it stands.

Belongs here: definitions. Does not belong here: counting (``profiles.py``) or judging a change (drift).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from types import MappingProxyType
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.strata import DISLIKED

Column = Callable[[str], pa.Array]
"""Gives a column of some rows of ``production_traces`` by its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductionMetric:
    """One metric: a number per request or per model call, null where it is not known.

    ``values`` gives the numbers of rows that are the entry of a request, or a model call. A ``count`` says how many
    there were, by its n, and has no distribution to compare.
    """

    kind: Literal["continuous", "rate", "count"]
    better: Literal["higher", "lower"] | None
    unit: str
    description: str
    of: Literal["request", "call"]
    values: Callable[[Column], pa.Array]


def _input_tokens(of: Column) -> pa.Array:
    cached = (pc.fill_null(of(name), 0) for name in ("cache_read_tokens", "cache_write_tokens"))
    return reduce(pc.add, cached, of("input_uncached_tokens"))


PRODUCTION_METRICS: Mapping[str, ProductionMetric] = MappingProxyType(
    {
        "requests": ProductionMetric(
            kind="count",
            better=None,
            unit="requests",
            description="Requests; each counts 1, so n is how many there were.",
            of="request",
            values=lambda of: pc.is_valid(of("is_entry")),
        ),
        "latency_ms": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="ms",
            description="How long a request took, from the start to the end of its entry span, failed ones included.",
            of="request",
            values=lambda of: of("duration_ms"),
        ),
        "error_rate": ProductionMetric(
            kind="rate",
            better="lower",
            unit="share",
            description="1 for a request that ended in an error, else 0.",
            of="request",
            values=lambda of: pc.equal(of("status"), "error"),
        ),
        "cost_usd": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="USD",
            description="What all calls of a request cost; null when one of them has no price.",
            of="request",
            values=lambda of: of("request_cost_usd"),
        ),
        "feedback": ProductionMetric(
            kind="rate",
            better="higher",
            unit="share",
            description="1 for a request whose user liked the answer (a score of at least 0.5), 0 for disliked.",
            of="request",
            values=lambda of: pc.greater_equal(of("request_feedback"), DISLIKED),
        ),
        "time_to_first_token_ms": ProductionMetric(
            kind="continuous",
            better="lower",
            unit="ms",
            description="How long a model call took until the first piece of its answer, where it was streamed.",
            of="call",
            values=lambda of: of("first_token_ms"),
        ),
        "input_tokens": ProductionMetric(
            kind="continuous",
            better=None,
            unit="tokens",
            description="Tokens that a model call was given, those from a cache included.",
            of="call",
            values=_input_tokens,
        ),
        "output_tokens": ProductionMetric(
            kind="continuous",
            better=None,
            unit="tokens",
            description="Tokens that a model call wrote, its reasoning included.",
            of="call",
            values=lambda of: of("output_tokens"),
        ),
    }
)
