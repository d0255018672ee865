"""Channels: what is sent over the wire, and errors that hold no secret."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.alerts.channels.console import ConsoleChannel
from llm_eval_pipeline.alerts.channels.pagerduty import PagerDutyChannel
from llm_eval_pipeline.alerts.channels.seam import ChannelError
from llm_eval_pipeline.alerts.channels.slack import SlackChannel
from llm_eval_pipeline.alerts.messages import Message

SECRET = "T0KEN-hidden"
MESSAGE = Message(
    key="p1",
    event="trigger",
    title="quality_score has degraded",
    summary="0.8 → 0.5 & <more>",
    facts=(("windows", "2026-W13 and 2026-W14"), ("attribution", "model")),
    evidence=("model=mini: 0.8 → 0.4", "trace t1 <qa>"),
    links=(("dashboard", "https://example.org/d"),),
)
RESOLVE = Message(key="p1", event="resolve", title="quality_score is stable again", summary="Closed.")


@dataclass
class Receiver:
    """A receiver on the loopback: what it was sent, and the status that it answers with."""

    status: int = 200
    got: list[tuple[str, str, Any]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{SECRET}"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    kept = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            kept.got.append(("POST", self.path, orjson.loads(body)))
            self.send_response(kept.status)
            if kept.status in (301, 302, 307):
                self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            kept.got.append(("GET", self.path, None))
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    kept.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield kept
    server.shutdown()
    server.server_close()
    thread.join()


def slack(receiver: Receiver) -> SlackChannel:
    return SlackChannel(SecretStr(receiver.url))


def pagerduty(receiver: Receiver) -> PagerDutyChannel:
    return PagerDutyChannel(SecretStr(SECRET), receiver.url)


def sent(receiver: Receiver) -> Any:
    ((method, path, body),) = receiver.got
    assert (method, path) == ("POST", f"/{SECRET}")
    return body


def test_slack_gets_blocks_with_every_part_escaped(receiver: Receiver) -> None:
    slack(receiver).send(MESSAGE)
    body = sent(receiver)
    header, summary, facts, evidence, links = body["blocks"]
    assert body["text"] == "quality_score has degraded (p1)"
    assert header["text"]["text"] == MESSAGE.title
    assert summary["text"]["text"] == ":rotating_light: 0.8 → 0.5 &amp; &lt;more&gt;"
    assert [f["text"] for f in facts["fields"]] == ["*windows*\n2026-W13 and 2026-W14", "*attribution*\nmodel"]
    assert evidence["text"]["text"] == "• model=mini: 0.8 → 0.4\n• trace t1 &lt;qa&gt;"
    assert links["text"]["text"] == "<https://example.org/d|dashboard>"


def test_slack_gets_no_empty_blocks(receiver: Receiver) -> None:
    slack(receiver).send(RESOLVE)
    assert [block["type"] for block in sent(receiver)["blocks"]] == ["header", "section"]


def test_a_message_stays_within_slacks_limits(receiver: Receiver) -> None:
    facts = tuple((f"fact {n}", "x" * 3000) for n in range(20))
    long = Message(key="p1", event="trigger", title="t" * 500, summary="s" * 9000, facts=facts, evidence=("e" * 9000,))
    slack(receiver).send(long)
    header, summary, section, evidence = sent(receiver)["blocks"]
    assert len(header["text"]["text"]) <= 150
    assert max(len(summary["text"]["text"]), len(evidence["text"]["text"])) <= 3000
    assert len(section["fields"]) <= 10
    assert max(len(one["text"]) for one in section["fields"]) <= 2000


def test_pagerduty_triggers_and_resolves_under_one_key(receiver: Receiver) -> None:
    channel = pagerduty(receiver)
    channel.send(MESSAGE)
    channel.send(RESOLVE)
    bodies = [body for _, _, body in receiver.got]
    assert [(body["event_action"], body["dedup_key"]) for body in bodies] == [("trigger", "p1"), ("resolve", "p1")]
    assert {body["routing_key"] for body in bodies} == {SECRET}
    payload = bodies[0]["payload"]
    assert (payload["summary"], payload["severity"]) == (MESSAGE.title, "error")
    assert payload["custom_details"]["attribution"] == "model"
    assert payload["custom_details"]["evidence"] == list(MESSAGE.evidence)
    assert bodies[0]["links"] == [{"href": "https://example.org/d", "text": "dashboard"}]


@pytest.mark.parametrize("make", [slack, pagerduty])
@pytest.mark.parametrize("status", [301, 302, 307, 400, 403, 404, 429, 500, 503])
def test_anything_but_success_is_an_error_without_the_secret(receiver: Receiver, make: Any, status: int) -> None:
    receiver.status = status
    with pytest.raises(ChannelError) as error:
        make(receiver).send(MESSAGE)
    assert str(error.value) == f"127.0.0.1 answered {status}"
    assert [method for method, _, _ in receiver.got] == ["POST"]


@pytest.mark.parametrize("status", [200, 202, 204])
def test_any_success_is_enough(receiver: Receiver, status: int) -> None:
    receiver.status = status
    slack(receiver).send(MESSAGE)
    assert len(receiver.got) == 1


@pytest.mark.parametrize(
    ("url", "message"),
    [
        (f"http://127.0.0.1:1/{SECRET}", "127.0.0.1 cannot be reached: URLError"),
        (f"http://127.0.0.1:port/{SECRET}", "127.0.0.1 cannot be reached: InvalidURL"),
        (f"http://127.0.0.1:1/{SECRET} x", "127.0.0.1 cannot be reached: InvalidURL"),
        (f"http://127.0.0.1:1/{SECRET}é", "127.0.0.1 cannot be reached: "),
        (f"file:///{SECRET}", "must begin with http:// or https://"),
        (SECRET, "must begin with http:// or https://"),
        ("", "must begin with http:// or https://"),
        (f"http://[{SECRET}", "the webhook's address is no URL"),
    ],
)
def test_a_receiver_that_cannot_be_reached_is_an_error_without_the_secret(url: str, message: str) -> None:
    with pytest.raises(ChannelError) as error:
        SlackChannel(SecretStr(url)).send(MESSAGE)
    assert message in str(error.value)
    assert SECRET not in f"{error.value!r} {error.value.__cause__}"


def test_no_channel_shows_its_secret() -> None:
    for channel in (SlackChannel(SecretStr(SECRET)), PagerDutyChannel(SecretStr(SECRET))):
        assert SECRET not in f"{channel!r} {vars(channel)}"


def test_the_console_says_the_whole_message() -> None:
    said: list[str] = []
    ConsoleChannel(said.append).send(MESSAGE)
    assert said == [f"[trigger] {MESSAGE.as_text()}"]
