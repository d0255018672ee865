"""When a difference counts as drift: the numbers, with a name and a version, and nothing that computes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What a drifted window needs.

    ``alpha``: the p-value, adjusted over the window's metrics, has to be under it. ``minimum_rows``: below this many
    scored rows nothing is judged. ``max_unscored``: above this share of rows without a value nothing is judged.

    ``extreme``: a healthy week's effect exceeds the learnt floor with this probability, before serial correlation.
    ``serial``: the correlation of one week's level with the next that the floor allows for; eight weeks are too few
    to estimate it. ``learn_from``: fewer baseline weeks than this teach no floor. ``least`` and ``unlearnt``: the
    smallest floor of each effect, and the floor where none could be learnt. ``must_see``: a window that could not have
    shown an effect of this size, by kind, is ``low_power`` and not ``stable``.
    """

    name: Literal["calibrated", "strict"]
    version: str
    alpha: float = 0.01
    minimum_rows: int = 30
    max_unscored: float = 0.2
    extreme: float = 4.65e-4
    serial: float = 0.5
    learn_from: int = 4
    least: Mapping[str, float] = field(
        default_factory=lambda: {
            "wasserstein": 0.02,
            "p01": 0.05,
            "p99": 0.05,
            "cliffs_delta": 0.02,
            "ks": 0.02,
            "rate_difference": 0.001,
            "jensen_shannon": 0.02,
        }
    )
    unlearnt: Mapping[str, float] = field(
        default_factory=lambda: {
            "wasserstein": 0.1,
            "p01": 0.5,
            "p99": 0.5,
            "cliffs_delta": 0.1,
            "ks": 0.1,
            "rate_difference": 0.01,
            "jensen_shannon": 0.1,
        }
    )
    must_see: Mapping[str, float] = field(
        default_factory=lambda: {"continuous": 0.8, "ordinal": 0.474, "rate": 0.2, "category": 0.5}
    )


CALIBRATED = Policy(name="calibrated", version="calibrated-1")
"""A test that fits the metric, corrected over metrics, and an effect over what healthy weeks show."""

STRICT = Policy(name="strict", version="strict-1", minimum_rows=1, max_unscored=1.0)
"""KS at p < 0.01 on whatever rows there are, uncorrected; the G-test for categories, which have no order."""


def policy_named(name: str) -> Policy:
    """The policy of that name.

    Raises:
        ValueError: for a name that no policy has.
    """
    for policy in (CALIBRATED, STRICT):
        if policy.name == name:
            return policy
    raise ValueError(f"unknown policy {name!r}; known are calibrated and strict")
