"""Which messages are due: what the incidents say, less what the outbox already holds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from llm_eval_pipeline.alerts.messages import Message, resolved, triggered

Row = Mapping[str, Any]


def due_messages(
    incidents: Sequence[Row],
    already: set[tuple[str, str]],
    evidence: Callable[[str], tuple[Sequence[Row], Sequence[Row]]],
    links: Mapping[str, str],
) -> list[Message]:
    """The messages that nobody has been sent and somebody should be.

    Args:
        incidents: rows of ``drift_incidents``. Only what ``pages`` triggers, so history stays silent.
        already: (page, event) pairs that the outbox holds.
        evidence: gives, for a week, the rows of its drift report and of its judged traces.
        links: where to look further, by name.

    Returns:
        A ``trigger`` per page that is new, and a ``resolve`` per page that was triggered and whose incidents have all
        closed.
    """
    pages: dict[str, list[Row]] = {}
    for incident in sorted(incidents, key=lambda i: (i["opened"], not i["leads"], i["incident_id"])):
        if incident["page_id"] is not None:
            pages.setdefault(incident["page_id"], []).append(incident)
    due = []
    for page, members in sorted(pages.items()):
        open_members = [incident for incident in members if incident["closed"] is None]
        if any(incident["pages"] for incident in members) and (page, "trigger") not in already:
            due.append(triggered(members, *evidence(members[0]["opened"]), links))
        if not open_members and (page, "trigger") in already and (page, "resolve") not in already:
            due.append(resolved(max(members, key=lambda i: i["closed"]), links))
    return due
