"""The incidents of a whole history of reports, ordered by the window and never by when it was computed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from llm_eval_pipeline.drift.instruments import ALL
from llm_eval_pipeline.drift.paging import AttributedIncident, grouped
from llm_eval_pipeline.drift.report import verdict_of
from llm_eval_pipeline.drift.streaks import Incident, incidents

Row = Mapping[str, Any]


def incident_rows(reports: Mapping[str, Sequence[Row]], newest_week: str) -> list[dict[str, Any]]:
    """Rows of ``drift_incidents``.

    Args:
        reports: rows of ``weekly_drift_report`` by week, in the order of time.
        newest_week: the newest complete week. Only what is still open in it pages, and only when it was assessed:
            history that a backfill uncovers is recorded and silent.
    """
    weeks = list(reports)
    windows = [_whole(rows) for rows in reports.values()]
    seen = incidents([{name: verdict_of(row) for name, row in window.items()} for window in windows])
    found = [_attributed(incident, windows[incident.opened][incident.metric]) for incident in seen]
    newest = len(weeks) - 1 if weeks and weeks[-1] == newest_week else None
    placed: dict[AttributedIncident, tuple[str, bool, bool]] = {}
    for page in grouped(found):
        page_id = _digest("page", page.attribution, weeks[page.opened])
        for place, member in enumerate(page.incidents):
            pages = newest is not None and page.open_at(newest)
            placed[member] = page_id, place == 0, pages
    return [_row(incident, weeks, placed.get(incident, (None, False, False))) for incident in found]


def _whole(rows: Sequence[Row]) -> dict[str, Row]:
    """The whole population's rows by instrument and metric: two instruments never add up to one streak."""
    return {f"{row['instrument']}/{row['metric']}": row for row in rows if row["slice"] == ALL}


def _attributed(incident: Incident, opening: Row) -> AttributedIncident:
    """The incident with the cause that the week in which it opened shows."""
    return AttributedIncident(
        metric=opening["metric"],
        direction=incident.direction,
        began=incident.began,
        opened=incident.opened,
        closed=incident.closed,
        attribution=opening["attribution"],
        instrument=opening["instrument"],
        severity=(opening["effect"] or 0.0) / (opening["effect_floor"] or 1.0),
    )


def _row(incident: AttributedIncident, weeks: Sequence[str], placed: tuple[str | None, bool, bool]) -> dict[str, Any]:
    page_id, leads, pages = placed
    return {
        "incident_id": _digest(
            "incident", incident.instrument, incident.metric, incident.direction, weeks[incident.opened]
        ),
        "metric": incident.metric,
        "direction": incident.direction,
        "attribution": incident.attribution,
        "instrument": incident.instrument,
        "began": weeks[incident.began],
        "opened": weeks[incident.opened],
        "closed": None if incident.closed is None else weeks[incident.closed],
        "page_id": page_id,
        "leads": leads,
        "pages": pages,
    }


def _digest(*parts: str | None) -> str:
    return hashlib.sha256("/".join(str(part) for part in parts).encode()).hexdigest()[:16]
