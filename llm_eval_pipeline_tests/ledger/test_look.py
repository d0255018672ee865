from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from llm_eval_pipeline.ledger.look import LookLine, look
from llm_eval_pipeline.ledger.replays import Replays
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline_tests.ledger.test_store import answered, failed

NOON = datetime(2026, 4, 6, 12, tzinfo=UTC)


@pytest.fixture
def ledger(url):
    ledger = Ledger(url)
    yield ledger
    ledger.close()


def test_an_empty_ledger_has_nothing_to_see(ledger):
    assert look(ledger.tallies()) == []


def test_each_day_model_and_purpose_has_a_line_with_what_was_made_failed_and_replayed(ledger):
    first, second = answered("a", cost_usd="0.25"), answered("b", cost_usd="0.50")
    judged, verdict = answered("c", cost_usd=None, called_at=NOON + timedelta(days=1))
    ledger.append([first, second, failed("d"), (replace(judged, purpose="judge"), verdict)])
    replays = Replays()
    for call, answer in (first, second):
        replays.count(call, answer)
    ledger.note(replays, NOON)
    assert look(ledger.tallies()) == [
        LookLine(day="2026-04-07", model="m/large", purpose="judge", calls=1, unpriced=1),
        LookLine(
            day="2026-04-06",
            model="m/large",
            purpose="generation",
            calls=2,
            failed=1,
            replayed=2,
            spent_usd=Decimal("0.75"),
            saved_usd=Decimal("0.75"),
        ),
    ]


def test_days_are_those_of_utc(ledger):
    ledger.append([answered("a", called_at=datetime.fromisoformat("2026-04-07T01:00:00+02:00"))])
    assert [line.day for line in look(ledger.tallies())] == ["2026-04-06"]
