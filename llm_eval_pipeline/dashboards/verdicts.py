"""What a week without drift is called: stable only where something had a verdict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any


def quiet(rows: Iterable[Mapping[str, Any]]) -> tuple[str, str]:
    """A word for a week, and how many metrics it stands on.

    Args:
        rows: rows of ``weekly_drift_report`` of the whole population, none of which opened anything.
    """
    said = [row["verdict"] for row in rows]
    judged = sum(verdict in ("stable", "drifted") for verdict in said)
    if judged:
        return "stable", f"{said.count('stable')} metrics"
    word = "no verdict" if "low_power" in said else "no data"
    return word, f"{len(said)} {'metric is' if len(said) == 1 else 'metrics are'} silent"
