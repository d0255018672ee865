"""Messages: what a page says when it opens and when it is over."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from llm_eval_pipeline.alerts.messages import Message, resolved, triggered

LINKS = {"dashboard": "https://example.org/d"}
INCIDENT = {
    "page_id": "p1",
    "instrument": "canary",
    "metric": "quality_score",
    "direction": "degraded",
    "attribution": "model",
    "began": "2026-03-23",
    "opened": "2026-03-30",
    "closed": None,
}


def row(where: str = "all", **fields: Any) -> dict[str, Any]:
    return {
        "instrument": "canary",
        "metric": "quality_score",
        "slice": where,
        "verdict": "drifted",
        "direction": "degraded",
        "baseline_mean": 0.8,
        "current_mean": 0.5,
        "effect": 0.6,
        "effect_floor": 0.1,
        "n_current": 150,
        **fields,
    }


def trace(number: int, quality: float | None) -> dict[str, Any]:
    place = {"trace_id": f"t{number}", "feature": "qa", "model": "m"}
    return {**place, "quality_score": quality, "error_category": "hallucination"}


def said(report: list[dict[str, Any]] | None = None, **fields: Any) -> Message:
    return triggered([{**INCIDENT, **fields}], [row()] if report is None else report, [], LINKS)


def test_a_page_names_metric_weeks_cause_and_numbers() -> None:
    message = said()
    assert (message.key, message.event) == ("p1", "trigger")
    assert message.title == "canary quality_score has degraded for two weeks: the model changed"
    assert message.summary.startswith("canary: 0.8 → 0.5 (effect 0.6, floor 0.1, n 150). The canary")
    assert dict(message.facts) == {
        "windows": "2026-W13 and 2026-W14",
        "attribution": "model",
        "metrics": "canary quality_score",
        "canary quality_score": "0.8 → 0.5 (effect 0.6, floor 0.1, n 150)",
    }
    assert message.links == (("dashboard", "https://example.org/d"),)


@pytest.mark.parametrize("cause", ["model", "traffic", "judge", "unresolved"])
def test_every_cause_has_its_words(cause: str) -> None:
    message = said(attribution=cause)
    assert message.title.rpartition(": ")[2].split()[1] in (cause, "cause")
    assert len(message.summary) > 40


def test_every_metric_of_the_page_is_named_and_what_did_not_drift_is_not_shown() -> None:
    members = [INCIDENT, {**INCIDENT, "metric": "latency_ms"}]
    report = [row(), row(metric="latency_ms", instrument="production"), row(instrument="production", verdict="stable")]
    facts = dict(triggered(members, report, [], LINKS).facts)
    assert facts["metrics"] == "canary quality_score, canary latency_ms"
    assert {"canary quality_score", "production latency_ms"} <= set(facts)
    assert "production quality_score" not in facts


def test_the_three_worst_slices_come_by_effect_over_floor() -> None:
    slices = [
        row("model=a", effect=0.2),
        row("model=b", effect=0.4),
        row("model=c", effect=0.2, effect_floor=0.01),
        row("model=d", effect=0.3),
        row("model=e", effect=0.9, direction="improved"),
        row("model=f", effect=0.9, verdict="stable"),
    ]
    # effects over their floors: c 0.2 / 0.01 = 20, b 4, d 3, a 2
    evidence = said([row(), *slices]).evidence
    assert [line.partition(":")[0] for line in evidence] == ["model=c", "model=b", "model=d"]


def test_the_five_worst_traces_are_shown_and_the_unscored_are_not() -> None:
    traces = [trace(n, quality) for n, quality in enumerate([0.9, 0.1, None, 0.3, 0.1, 0.5, 0.7])]
    evidence = triggered([INCIDENT], [], traces, LINKS).evidence
    assert [line.split()[1] for line in evidence] == ["t1", "t4", "t3", "t5", "t6"]
    assert evidence[0] == "trace t1 (qa, m): quality 0.10, hallucination"


def test_a_category_has_no_mean_and_a_page_without_its_report_still_speaks() -> None:
    report = [row(metric="error_category", baseline_mean=None, current_mean=None)]
    assert said(report, metric="error_category").summary.startswith("canary: changed (effect 0.6")
    assert said([]).summary.startswith("The canary, whose inputs never change")


def test_the_end_of_a_page_has_its_key_and_the_week() -> None:
    message = resolved({**INCIDENT, "closed": "2026-04-13"}, LINKS)
    assert (message.key, message.event) == ("p1", "resolve")
    assert message.title == "canary quality_score is no longer degraded"
    assert message.summary == "Closed in 2026-W16."


def test_a_judge_that_scores_higher_is_told_as_such_from_beginning_to_end() -> None:
    praised = {**INCIDENT, "attribution": "judge", "direction": "improved", "closed": "2026-04-13"}
    assert said(**praised).title == "canary quality_score has improved for two weeks: the judge changed"
    assert resolved(praised, LINKS).title == "canary quality_score is no longer improved"


def test_a_message_survives_being_stored_as_json() -> None:
    message = said([row(), row("model=a")])
    assert Message.from_json(orjson.loads(orjson.dumps(message.as_json()))) == message


def test_the_text_has_everything() -> None:
    message = said([row(), row("model=a")])
    text = message.as_text()
    for part in (message.title, message.summary, *message.evidence, *(value for _, value in message.facts)):
        assert part in text
    assert "https://example.org/d" in text
