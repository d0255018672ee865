"""Events: which messages are due, each once, and a resolve only after its trigger."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.alerts.events import due_messages

Pairs = set[tuple[str, str]]


def incident(name: str = "i1", page: str | None = "p1", **fields: Any) -> dict[str, Any]:
    return {
        "incident_id": name,
        "page_id": page,
        "metric": f"metric of {name}",
        "instrument": "production",
        "direction": "degraded",
        "attribution": "model",
        "began": "2026-03-23",
        "opened": "2026-03-30",
        "closed": None,
        "leads": True,
        "pages": True,
        **fields,
    }


def over(**fields: Any) -> dict[str, Any]:
    return incident(closed="2026-04-13", pages=False, **fields)


def due(*incidents: dict[str, Any], already: Pairs = frozenset()) -> list[tuple[str, str]]:  # type: ignore[assignment]
    return [(m.key, m.event) for m in due_messages(incidents, set(already), lambda _: ([], []), {})]


def test_an_open_page_triggers_once() -> None:
    assert due(incident()) == [("p1", "trigger")]
    assert due(incident(), already={("p1", "trigger")}) == []


def test_history_is_silent_from_beginning_to_end() -> None:
    assert due(over()) == []
    assert due(incident(pages=False)) == []


def test_a_page_that_was_triggered_resolves_once() -> None:
    assert due(over(), already={("p1", "trigger")}) == [("p1", "resolve")]
    assert due(over(), already={("p1", "trigger"), ("p1", "resolve")}) == []


def test_a_page_resolves_when_all_of_its_incidents_are_over() -> None:
    members = [over(), incident("i2", leads=False)]
    assert due(*members, already={("p1", "trigger")}) == []
    assert due(over(), over(name="i2", leads=False), already={("p1", "trigger")}) == [("p1", "resolve")]


def test_one_page_is_one_message_led_by_who_opened_it() -> None:
    joined = incident("i0", leads=False, opened="2026-04-06")
    (message,) = due_messages([joined, incident()], set(), lambda _: ([], []), {})
    assert message.title.startswith("production metric of i1 ")
    assert dict(message.facts)["metrics"] == "production metric of i1, production metric of i0"


def test_of_those_that_opened_together_the_leader_comes_first() -> None:
    (message,) = due_messages([incident("i0", leads=False), incident()], set(), lambda _: ([], []), {})
    assert message.title.startswith("production metric of i1 ")


def test_the_resolve_names_the_week_of_the_last_to_close() -> None:
    members = [over(), over(name="i2", leads=False) | {"closed": "2026-04-20"}]
    (message,) = due_messages(members, {("p1", "trigger")}, lambda _: ([], []), {})
    assert "2026-W17" in message.summary


def test_pages_do_not_stand_in_for_each_other() -> None:
    assert due(incident(), incident("i2", "p2"), already={("p2", "trigger")}) == [("p1", "trigger")]


def test_an_incident_without_a_page_tells_nobody() -> None:
    assert due(incident(page=None)) == []


def test_evidence_is_read_for_the_week_in_which_the_page_opened_and_only_when_it_is_due() -> None:
    asked: list[str] = []

    def evidence(week: str) -> tuple[list, list]:
        asked.append(week)
        return [], []

    due_messages([incident()], {("p1", "trigger")}, evidence, {})
    assert asked == []
    due_messages([incident("i2", leads=False, opened="2026-04-06"), incident()], set(), evidence, {})
    assert asked == ["2026-03-30"]
