"""Incidents of a history of reports: what opened, who is woken by it, and ids that stay the same."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.drift.history import incident_rows
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS
from llm_eval_pipeline.drift.verdict import Verdict
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import week_before

FIRST = "2026-01-05"
LETTERS = {
    "D": ("drifted", "degraded"),
    "I": ("drifted", "improved"),
    "S": ("stable", None),
    "N": ("no_data", None),
}
Rows = list[dict[str, Any]]
Reports = dict[str, Rows]


def week(number: int) -> str:
    return week_before(FIRST, -number)


def line(letter: str, metric: str, cause: str, instrument: str, where: str = "all") -> dict[str, Any]:
    verdict, direction = LETTERS[letter]
    said = Verdict(metric=metric, verdict=verdict, direction=direction, strict_verdict="stable", reason="")
    place = {"instrument": instrument, "slice": where, "attribution": cause if verdict == "drifted" else None}
    return said.as_row() | place


def reports(*histories: tuple[str, ...]) -> Reports:
    """Reports from (letters, metric, cause, instrument) each; the last two may be left out."""
    found: Reports = {}
    for letters, metric, *rest in histories:
        cause, instrument = [*rest, *("model", "production")[len(rest) :]]
        for number, letter in enumerate(letters):
            found.setdefault(week(number), []).append(line(letter, metric, cause, instrument))
    return found


def found(history: Reports, newest: str | None = None) -> Rows:
    return incident_rows(history, newest or list(history)[-1])


def test_two_drifted_weeks_open_and_what_is_open_at_the_newest_week_pages() -> None:
    (row,) = found(reports(("SDD", "latency_ms")))
    assert (row["metric"], row["direction"], row["attribution"]) == ("latency_ms", "degraded", "model")
    assert (row["began"], row["opened"], row["closed"]) == (week(1), week(2), None)
    assert (row["instrument"], row["leads"], row["pages"]) == ("production", True, True)


@pytest.mark.parametrize("letters", ["S", "D", "SDS", "NNN", "DI"])
def test_less_than_that_is_no_incident(letters: str) -> None:
    assert found(reports((letters, "latency_ms"))) == []


def test_no_report_is_no_incident() -> None:
    assert incident_rows({}, FIRST) == []


def test_history_pages_nobody() -> None:
    (row,) = found(reports(("DDSS", "latency_ms")))
    assert (row["closed"], row["pages"], row["page_id"] is not None) == (week(3), False, True)


def test_reports_that_end_before_the_newest_complete_week_page_nobody() -> None:
    history = reports(("DD", "latency_ms"))
    assert [row["pages"] for row in found(history, week(1))] == [True]
    assert [row["pages"] for row in found(history, week(2))] == [False]


def test_a_week_without_data_does_not_end_what_is_open() -> None:
    assert [row["pages"] for row in found(reports(("DDN", "latency_ms")))] == [True]


def test_what_got_better_is_an_incident_without_a_page() -> None:
    (row,) = found(reports(("II", "latency_ms")))
    assert (row["direction"], row["page_id"], row["leads"], row["pages"]) == ("improved", None, False, False)


def test_one_cause_is_one_page_and_the_first_to_open_leads() -> None:
    rows = found(reports(("SDD", "cost_usd"), ("DDD", "latency_ms"), ("SDD", "error_rate")))
    assert len({row["page_id"] for row in rows}) == 1
    assert [(row["metric"], row["leads"]) for row in rows] == [
        ("latency_ms", True),
        ("cost_usd", False),
        ("error_rate", False),
    ]


def test_two_causes_are_two_pages() -> None:
    rows = found(reports(("DD", "latency_ms", "model"), ("DD", "input_tokens", "traffic")))
    assert len({row["page_id"] for row in rows}) == 2
    assert [row["leads"] for row in rows] == [True, True]


def test_the_same_cause_twice_with_a_pause_is_two_pages_and_only_the_second_pages() -> None:
    rows = found(reports(("DDSSDD", "latency_ms")))
    assert [(row["opened"], row["pages"]) for row in rows] == [(week(1), False), (week(5), True)]
    assert rows[0]["page_id"] != rows[1]["page_id"]


def test_who_joined_an_open_page_pages_with_it_after_his_own_end() -> None:
    rows = found(reports(("DDSSS", "latency_ms"), ("SDDDD", "cost_usd")))
    assert [(row["metric"], row["closed"], row["pages"]) for row in rows] == [
        ("latency_ms", week(3), True),
        ("cost_usd", None, True),
    ]


def test_each_instrument_has_incidents_of_its_own() -> None:
    (row,) = found(reports(("SS", "quality_score"), ("DD", "quality_score", "model", "canary")))
    assert row["instrument"] == "canary"


def test_two_instruments_that_drift_once_each_are_no_streak() -> None:
    assert found(reports(("DS", "quality_score"), ("SD", "quality_score", "model", "canary"))) == []


def test_what_got_better_in_production_does_not_hide_what_got_worse_on_the_canary() -> None:
    rows = found(reports(("II", "quality_score"), ("DD", "quality_score", "model", "canary")))
    assert {(row["instrument"], row["direction"], row["pages"]) for row in rows} == {
        ("production", "improved", False),
        ("canary", "degraded", True),
    }


def test_all_instruments_at_once_are_one_page() -> None:
    histories = [("DD", "quality_score", "judge", name) for name in ("anchors", "canary", "production")]
    rows = found(reports(*histories))
    assert len(rows) == 3
    assert len({row["page_id"] for row in rows}) == 1
    assert sum(row["leads"] for row in rows) == 1


def test_a_judge_that_became_kinder_pages_too() -> None:
    (row,) = found(reports(("II", "quality_score", "judge", "anchors")))
    assert (row["direction"], row["pages"]) == ("improved", True)


def test_the_cause_is_that_of_the_week_in_which_it_opened() -> None:
    history = reports(("DDD", "quality_score", "traffic"))
    history[week(1)][0]["attribution"] = "model"
    assert found(history)[0]["attribution"] == "model"


def test_a_slice_opens_nothing() -> None:
    history = {week(n): [line("D", "latency_ms", "model", "production", "model=mini")] for n in range(2)}
    assert found(history) == []


def test_ids_are_the_same_when_computed_again_in_any_order_of_rows() -> None:
    history = reports(("DDSS", "latency_ms"), ("SDDD", "cost_usd"), ("DDDD", "input_tokens", "traffic"))
    shuffled = {key: random.Random(1).sample(rows, len(rows)) for key, rows in history.items()}
    assert found(history) == found(shuffled)


def test_ids_stay_as_weeks_are_added() -> None:
    early, late = found(reports(("DD", "latency_ms"))), found(reports(("DDDSS", "latency_ms")))
    assert [(row["incident_id"], row["page_id"]) for row in early] == [
        (row["incident_id"], row["page_id"]) for row in late
    ]
    assert (early[0]["closed"], late[0]["closed"]) == (None, week(4))


def test_ids_tell_metrics_directions_and_weeks_apart(tmp_path: Path) -> None:
    rows = found(reports(("DDIIDD", "latency_ms"), ("DDSSDD", "cost_usd")))
    assert len(rows) == len({row["incident_id"] for row in rows}) == 5
    assert Warehouse(str(tmp_path)).write(DRIFT_INCIDENTS, None, rows).num_rows == 5
