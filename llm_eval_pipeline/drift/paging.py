"""Who is woken: one page for one cause, only for what got worse, and only while it lasts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from llm_eval_pipeline.drift.verdict import Direction


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributedIncident:
    """An incident with its cause and the instrument that saw it; indices of windows, as in ``Incident``.

    ``severity`` is how many times its floor the effect was when it opened.
    """

    metric: str
    direction: Direction
    began: int
    opened: int
    closed: int | None = None
    attribution: str | None = None
    instrument: str = "production"
    severity: float = 0.0

    def open_at(self, window: int) -> bool:
        """Whether it is open in that window; it no longer is in the window that closes it."""
        return self.opened <= window and (self.closed is None or window < self.closed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Incidents of one cause that overlap, as they opened and the worst first; the first of them pages."""

    attribution: str | None
    opened: int
    incidents: tuple[AttributedIncident, ...]

    def open_at(self, window: int) -> bool:
        """Whether any of its incidents is open in that window."""
        return any(incident.open_at(window) for incident in self.incidents)


def grouped(found: Sequence[AttributedIncident]) -> list[Page]:
    """All pages of a history, in the order in which they opened.

    Only what got worse makes a page, and a moved judge, whichever way it moved: it may hide what got worse. An incident
    that opens while a page of the same attribution is open joins it, and has none of its own.
    """
    groups: list[list[AttributedIncident]] = []
    for incident in sorted(found, key=lambda one: (one.opened, -one.severity, one.metric, one.instrument)):
        if incident.direction != "degraded" and incident.attribution != "judge":
            continue
        joined = next((group for group in groups if _takes(group, incident)), None)
        if joined is None:
            groups.append([incident])
        else:
            joined.append(incident)
    return [Page(attribution=group[0].attribution, opened=group[0].opened, incidents=tuple(group)) for group in groups]


def pages(found: Sequence[AttributedIncident], newest: int) -> list[Page]:
    """The pages that are open in the ``newest`` assessed window; what was over by then is history, and silent."""
    return [page for page in grouped(found) if page.open_at(newest)]


def _takes(group: Sequence[AttributedIncident], incident: AttributedIncident) -> bool:
    same = group[0].attribution == incident.attribution
    return same and any(one.open_at(incident.opened) for one in group)
