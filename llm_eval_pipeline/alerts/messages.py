"""What an alert says: the same facts for every channel, each channel in its own form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from llm_eval_pipeline.windows import iso_week

EventName = Literal["trigger", "resolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message about one page.

    ``key`` is the same for every event of the page, so that a receiver can put them together and drop repeats.
    """

    key: str
    event: EventName
    title: str
    summary: str
    facts: tuple[tuple[str, str], ...] = ()
    evidence: tuple[str, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """The message as the outbox keeps it."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Message:
        """The message that :meth:`as_json` gave."""
        pairs = {name: tuple((k, v) for k, v in stored[name]) for name in ("facts", "links")}
        return cls(**{**stored, **pairs, "evidence": tuple(stored["evidence"])})

    def as_text(self) -> str:
        """The whole message as plain text."""
        lines = [self.title, self.summary]
        lines += [f"  {name}: {value}" for name, value in self.facts]
        lines += [f"  · {line}" for line in self.evidence]
        lines += [f"  {name}: {url}" for name, url in self.links]
        return "\n".join(lines)


def triggered(
    incidents: Sequence[Mapping[str, Any]],
    report: Sequence[Mapping[str, Any]],
    traces: Sequence[Mapping[str, Any]],
    links: Mapping[str, str],
) -> Message:
    """The message that a page sends when it opens.

    Args:
        incidents: rows of ``drift_incidents`` that share the page, the one that opened it first.
        report: rows of ``weekly_drift_report`` of the window in which it opened.
        traces: rows of ``trace_scores`` of that window.
        links: where to look further, by name.
    """
    first = incidents[0]
    metrics = [row["metric"] for row in incidents]
    shown = [row for row in report if row["metric"] in metrics and row["verdict"] == "drifted"]
    facts = [
        ("windows", f"{iso_week(first['began'])} and {iso_week(first['opened'])}"),
        ("attribution", first["attribution"]),
        ("metrics", ", ".join(_named(row) for row in incidents)),
    ]
    facts += [(f"{r['instrument']} {r['metric']}", _numbers(r)) for r in shown if r["slice"] == "all"]
    return Message(
        key=first["page_id"],
        event="trigger",
        title=f"{_named(first)} has {first['direction']} for two weeks: {_CAUSE[first['attribution']]}",
        summary=_summary(first, shown),
        facts=tuple(facts),
        evidence=(*_worst_slices(shown), *_example_traces(traces)),
        links=tuple(links.items()),
    )


def _named(incident: Mapping[str, Any]) -> str:
    return f"{incident['instrument']} {incident['metric']}"


def resolved(incident: Mapping[str, Any], links: Mapping[str, str]) -> Message:
    """The message that a page sends when the last of its incidents has closed."""
    return Message(
        key=incident["page_id"],
        event="resolve",
        title=f"{_named(incident)} is no longer {incident['direction']}",
        summary=f"Closed in {iso_week(incident['closed'])}.",
        links=tuple(links.items()),
    )


_CAUSE = {
    "model": "the model changed",
    "traffic": "the traffic changed",
    "judge": "the judge changed",
    "unresolved": "the cause is unresolved",
}


def _numbers(row: Mapping[str, Any]) -> str:
    text = f"{row['baseline_mean']:.4g} → {row['current_mean']:.4g}" if row["baseline_mean"] is not None else "changed"
    return f"{text} (effect {row['effect']:.3g}, floor {row['effect_floor']:.3g}, n {row['n_current']})"


def _summary(first: Mapping[str, Any], shown: Sequence[Mapping[str, Any]]) -> str:
    whole = next((r for r in shown if r["metric"] == first["metric"] and r["slice"] == "all"), None)
    moved = f"{whole['instrument']}: {_numbers(whole)}. " if whole else ""
    return f"{moved}{_REASON[first['attribution']]}"


_REASON = {
    "model": "The canary, whose inputs never change, drifted too, and the anchors held: the model's answers changed.",
    "traffic": "Production drifted while the canary held: what users send, or what is retrieved for them, changed.",
    "judge": "The anchors, whose outputs never change, are judged otherwise than before: look at the judge first.",
    "unresolved": "The instruments do not agree; look at the report.",
}


def _worst_slices(shown: Sequence[Mapping[str, Any]]) -> list[str]:
    slices = [r for r in shown if r["slice"] != "all" and r["direction"] == "degraded" and r["effect"] is not None]
    slices.sort(key=lambda r: (-r["effect"] / (r["effect_floor"] or 1), r["slice"]))
    return [f"{r['slice']}: {r['instrument']} {r['metric']} {_numbers(r)}" for r in slices[:3]]


def _example_traces(traces: Sequence[Mapping[str, Any]]) -> list[str]:
    scored = [t for t in traces if t["quality_score"] is not None]
    scored.sort(key=lambda t: (t["quality_score"], t["trace_id"]))
    return [
        f"trace {t['trace_id']} ({t['feature']}, {t['model']}): quality {t['quality_score']:.2f}, {t['error_category']}"
        for t in scored[:5]
    ]
