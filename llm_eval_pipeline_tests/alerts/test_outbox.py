"""The outbox: written once, sent once, in order, and kept while a channel is down."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.alerts.channels.console import ConsoleChannel
from llm_eval_pipeline.alerts.channels.seam import ChannelError
from llm_eval_pipeline.alerts.delivery import due, enqueue_due
from llm_eval_pipeline.alerts.messages import Message
from llm_eval_pipeline.alerts.outbox import LEASE, Outbox
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS
from llm_eval_pipeline.storage.warehouse import Warehouse

CLOCK = FakeClock(datetime(2026, 4, 6, 6, tzinfo=UTC))


@dataclass
class Fussy:
    """A channel that takes nothing while ``down`` holds, and keeps what it took."""

    name: str = "fussy"
    down: list[str] = field(default_factory=list)
    took: list[tuple[str, str]] = field(default_factory=list)

    def send(self, message: Message) -> None:
        if self.down:
            raise ChannelError(self.down.pop(0))
        self.took.append((message.key, message.event))


@pytest.fixture
def outbox(tmp_path: Path) -> Outbox:
    return Outbox(tmp_path / "state" / "outbox.sqlite", FakeClock(CLOCK.now))


def message(key: str = "p1", event: Any = "trigger") -> Message:
    return Message(key=key, event=event, title=f"{event} of {key}", summary="s", facts=(("a", "b"),))


def test_an_empty_outbox_holds_nothing(outbox: Outbox) -> None:
    assert (outbox.held(), outbox.waiting(["fussy"]), outbox.messages()) == (set(), 0, [])
    assert outbox.deliver([Fussy()]).sent == 0


def test_a_message_is_written_once_for_every_channel(outbox: Outbox) -> None:
    assert outbox.write([message()], ["fussy", "console"]) == 2
    assert outbox.write([message()], ["fussy", "console"]) == 0
    assert outbox.write([message(), message(event="resolve")], ["fussy"]) == 1
    assert outbox.held() == {("p1", "trigger"), ("p1", "resolve")}


def test_a_message_is_sent_once_however_often_the_tick_repeats(outbox: Outbox) -> None:
    channel = Fussy()
    for _ in range(3):
        outbox.write([message()], ["fussy"])
        outbox.deliver([channel])
    assert channel.took == [("p1", "trigger")]
    assert outbox.waiting(["fussy"]) == 0


def test_what_was_sent_stays_sent_for_another_process(outbox: Outbox, tmp_path: Path) -> None:
    outbox.write([message()], ["fussy"])
    outbox.deliver([Fussy()])
    again = Fussy()
    assert Outbox(tmp_path / "state" / "outbox.sqlite").deliver([again]).sent == 0
    assert again.took == []


def test_a_message_arrives_as_it_was_written(outbox: Outbox) -> None:
    told: list[str] = []
    outbox.write([message()], ["console"])
    outbox.deliver([ConsoleChannel(told.append)])
    assert told == [f"[trigger] {message().as_text()}"]
    assert outbox.messages() == [("console", message())]


def test_messages_go_oldest_first_and_a_trigger_before_its_resolve(tmp_path: Path) -> None:
    clock, channel = FakeClock(CLOCK.now), Fussy()
    outbox = Outbox(tmp_path / "outbox.sqlite", clock)
    outbox.write([message("p2")], ["fussy"])
    clock.advance(timedelta(minutes=1))
    outbox.write([message("p1", "resolve"), message("p1")], ["fussy"])
    outbox.deliver([channel])
    assert channel.took == [("p2", "trigger"), ("p1", "trigger"), ("p1", "resolve")]


@pytest.mark.parametrize("text", ["hooks.example answered 503", ""])
def test_a_channel_that_is_down_keeps_its_messages_and_the_others_get_theirs(outbox: Outbox, text: str) -> None:
    broken, well = Fussy(down=[text]), Fussy("well")
    outbox.write([message()], ["fussy", "well"])
    delivery = outbox.deliver([broken, well])
    assert (delivery.sent, delivery.failed) == (1, (f"fussy: {text}",))
    assert (outbox.waiting(["fussy"]), outbox.waiting(["well"])) == (1, 0)
    assert outbox.deliver([broken, well]).sent == 1
    assert (broken.took, well.took) == ([("p1", "trigger")], [("p1", "trigger")])


def test_a_resolve_waits_while_its_trigger_was_not_taken(outbox: Outbox) -> None:
    channel = Fussy(down=["answered 503"])
    outbox.write([message(), message(event="resolve"), message("p2")], ["fussy"])
    outbox.deliver([channel])
    assert channel.took == [("p2", "trigger")]
    outbox.deliver([channel])
    assert channel.took == [("p2", "trigger"), ("p1", "trigger"), ("p1", "resolve")]


def test_messages_for_a_channel_that_is_not_there_wait_for_it(outbox: Outbox) -> None:
    outbox.write([message()], ["slack"])
    assert outbox.deliver([Fussy()]).sent == 0
    assert (outbox.waiting(["slack"]), outbox.waiting(["fussy"])) == (1, 0)


def test_two_senders_at_once_send_once_and_in_order(outbox: Outbox, tmp_path: Path) -> None:
    other, second = Outbox(tmp_path / "state" / "outbox.sqlite", FakeClock(CLOCK.now)), Fussy()

    class Slow(Fussy):
        """While it is at a message, the other sender delivers too."""

        def send(self, message: Message) -> None:
            other.deliver([second])
            super().send(message)

    slow = Slow()
    outbox.write([message(), message(event="resolve")], ["fussy"])
    outbox.deliver([slow])
    assert (slow.took, second.took) == ([("p1", "trigger"), ("p1", "resolve")], [])


def test_an_outbox_from_before_there_were_claims_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "outbox.sqlite"
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(
            "create table outbox (page text not null, event text not null, channel text not null, "
            "message blob not null, written_at text not null, sent_at text, attempts integer not null default 0, "
            "last_error text, primary key (page, event, channel))"
        )
        connection.execute(
            "insert into outbox (page, event, channel, message, written_at) values ('p1', 'trigger', 'fussy', ?, ?)",
            (orjson.dumps(message().as_json()), CLOCK.now.isoformat()),
        )
    channel = Fussy()
    assert [Outbox(path).deliver([channel]).sent for _ in range(2)] == [1, 0]
    assert channel.took == [("p1", "trigger")]


def test_the_pages_whose_trigger_waits_are_told_once_each(outbox: Outbox) -> None:
    outbox.write([message("p2"), message("p1"), message("p3", "resolve")], ["fussy", "well"])
    assert outbox.waiting_pages(["fussy", "well"]) == ["p1", "p2"]
    assert outbox.waiting_pages(["other"]) == []
    outbox.deliver([Fussy()])
    assert (outbox.waiting_pages(["fussy"]), outbox.waiting_pages(["well"])) == ([], ["p1", "p2"])


def test_a_crash_between_sending_and_marking_sends_again_under_the_same_key_when_its_claim_is_over(
    tmp_path: Path,
) -> None:
    clock = FakeClock(CLOCK.now)
    outbox = Outbox(tmp_path / "outbox.sqlite", clock)

    class Crash(BaseException):
        pass

    class Crashing(Fussy):
        def send(self, message: Message) -> None:
            super().send(message)
            raise Crash

    crashing, well = Crashing(), Fussy()
    outbox.write([message()], ["fussy"])
    with pytest.raises(Crash):
        outbox.deliver([crashing])
    clock.advance(LEASE - timedelta(seconds=1))
    assert outbox.deliver([well]).sent == 0
    clock.advance(timedelta(seconds=1))
    assert outbox.deliver([well]).sent == 1
    assert crashing.took == well.took == [("p1", "trigger")]


def test_from_the_warehouse_into_the_outbox_once(outbox: Outbox, tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path / "warehouse"))
    assert enqueue_due(warehouse, outbox, ["console"], {}) == []
    incident = {
        "incident_id": "i1",
        "metric": "latency_ms",
        "direction": "degraded",
        "attribution": "model",
        "instrument": "production",
        "began": "2026-03-23",
        "opened": "2026-03-30",
        "page_id": "p1",
        "leads": True,
        "pages": True,
    }
    warehouse.write(DRIFT_INCIDENTS, None, [incident])
    assert [m.event for m in due(warehouse, outbox, {})] == ["trigger"]
    assert [len(enqueue_due(warehouse, outbox, ["console", "slack"], {})) for _ in range(2)] == [1, 0]
    assert (outbox.waiting(["console"]), outbox.waiting(["slack"])) == (1, 1)
    warehouse.write(DRIFT_INCIDENTS, None, [{**incident, "closed": "2026-04-13", "pages": False}])
    assert [m.event for m in due(warehouse, outbox, {})] == ["resolve"]
