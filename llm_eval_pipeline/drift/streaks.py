"""The two-window rule: incidents from verdicts, a pure function that any stored history gives the same answer to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from llm_eval_pipeline.drift.verdict import Direction, Verdict

IN_A_ROW = 2
"""So many drifted windows open an incident, and so many stable ones close it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """One metric that moved one way and stayed there. All three are indices of windows.

    ``began`` is the first drifted window, ``opened`` the second, which makes it an incident; ``closed`` is the window
    that ended it, None while it is open.
    """

    metric: str
    direction: Direction
    began: int
    opened: int
    closed: int | None = None


def incidents(verdicts: Sequence[Mapping[str, Verdict]]) -> list[Incident]:
    """The incidents of all metrics, by the window in which they opened and then by metric.

    ``verdicts`` is what ``assess`` returns: a mapping metric → verdict for each window, in the order of time. An
    incident opens at the second consecutive drifted window in one direction and closes at the second consecutive stable
    one. ``no_data``, ``low_power`` and a missing metric neither extend a run nor break it. An incident in the other
    direction ends the one that is open: a metric cannot have degraded and improved at once.
    """
    metrics = sorted({metric for window in verdicts for metric in window})
    found = [one for metric in metrics for one in _of_metric(metric, [window.get(metric) for window in verdicts])]
    return sorted(found, key=lambda one: (one.opened, one.metric))


def _of_metric(metric: str, verdicts: Sequence[Verdict | None]) -> list[Incident]:
    done: list[Incident] = []
    current: Incident | None = None
    drifted: list[int] = []
    heading: Direction | None = None
    stable = 0
    for window, verdict in enumerate(verdicts):
        if verdict is None or verdict.verdict in ("no_data", "low_power"):
            continue
        if verdict.verdict == "stable":
            drifted, heading, stable = [], None, stable + 1
            if current is not None and stable == IN_A_ROW:
                done.append(replace(current, closed=window))
                current = None
            continue
        stable = 0
        drifted = [*drifted, window] if verdict.direction == heading else [window]
        heading = verdict.direction or "changed"
        if len(drifted) == IN_A_ROW and (current is None or current.direction != heading):
            if current is not None:
                done.append(replace(current, closed=window))
            current = Incident(metric=metric, direction=heading, began=drifted[0], opened=window)
    return done if current is None else [*done, current]
