"""The incidents of a whole history of reports, ordered by the window and never by when it was computed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from llm_eval_pipeline.drift.instruments import ALL, INSTRUMENTS
from llm_eval_pipeline.drift.paging import AttributedIncident, grouped
from llm_eval_pipeline.drift.report import verdict_of
from llm_eval_pipeline.drift.streaks import Incident, incidents
from llm_eval_pipeline.drift.verdict import Verdict

Row = Mapping[str, Any]


def incident_rows(reports: Mapping[str, Sequence[Row]], newest_week: str) -> list[dict[str, Any]]:
    """Rows of ``drift_incidents``.

    Args:
        reports: rows of ``weekly_drift_report`` by week, in the order of time.
        newest_week: the newest complete week. Only what is still open in it pages, and only when it was assessed:
            history that a backfill uncovers is recorded and silent.
    """
    weeks = list(reports)
    windows = [_by_metric(rows) for rows in reports.values()]
    merged = [{metric: _spoken(those)[1] for metric, those in window.items()} for window in windows]
    found = [_attributed(incident, windows) for incident in incidents(merged)]
    newest = len(weeks) - 1 if weeks and weeks[-1] == newest_week else None
    placed: dict[AttributedIncident, tuple[str, bool, bool]] = {}
    for page in grouped(found):
        page_id = _digest("page", page.attribution, weeks[page.opened])
        for place, member in enumerate(page.incidents):
            pages = newest is not None and page.open_at(newest)
            placed[member] = page_id, place == 0, pages
    return [_row(incident, weeks, placed.get(incident, (None, False, False))) for incident in found]


def _by_metric(rows: Sequence[Row]) -> dict[str, dict[str, tuple[Verdict, str | None]]]:
    """Whole-population verdicts and causes by metric, then by instrument."""
    found: dict[str, dict[str, tuple[Verdict, str | None]]] = {}
    for row in rows:
        if row["slice"] == ALL:
            verdict = verdict_of(row)
            found.setdefault(row["metric"], {})[row["instrument"]] = verdict, row["attribution"]
    return found


def _spoken(those: Mapping[str, tuple[Verdict, str | None]]) -> tuple[str, Verdict]:
    """The instrument that speaks for a metric: the first that drifted, else the first that has data."""
    present = [(name, those[name][0]) for name in INSTRUMENTS if name in those]
    drifted = [pair for pair in present if pair[1].verdict == "drifted"]
    answered = [pair for pair in present if pair[1].verdict == "stable"]
    return (drifted or answered or present)[0]


def _attributed(
    incident: Incident, windows: Sequence[Mapping[str, Mapping[str, tuple[Verdict, str | None]]]]
) -> AttributedIncident:
    """The incident with the cause that the week in which it opened shows."""
    there = windows[incident.opened][incident.metric]
    instrument, verdict = _spoken(there)
    return AttributedIncident(
        metric=incident.metric,
        direction=incident.direction,
        began=incident.began,
        opened=incident.opened,
        closed=incident.closed,
        attribution=there[instrument][1],
        instrument=instrument,
        severity=(verdict.effect or 0.0) / (verdict.effect_floor or 1.0),
    )


def _row(incident: AttributedIncident, weeks: Sequence[str], placed: tuple[str | None, bool, bool]) -> dict[str, Any]:
    page_id, leads, pages = placed
    return {
        "incident_id": _digest("incident", incident.metric, incident.direction, weeks[incident.opened]),
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
