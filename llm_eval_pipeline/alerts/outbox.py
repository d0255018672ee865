"""The outbox: every message is written before it is sent and marked after.

A crash between the two sends the message again, under the same key, which receivers use to drop repeats. A repeated
tick writes nothing, since (page, event, channel) is the row's key.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import orjson

from llm_eval_pipeline.alerts.channels.seam import Channel, ChannelError
from llm_eval_pipeline.alerts.messages import Message
from llm_eval_pipeline.clients.clock import Clock, system_clock

log = logging.getLogger(__name__)
_SCHEMA = """
create table if not exists outbox (
    page text not null, event text not null, channel text not null, message blob not null,
    written_at text not null, sent_at text, attempts integer not null default 0, last_error text,
    primary key (page, event, channel)
)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """What one round of sending did."""

    sent: int
    failed: tuple[str, ...]


class Outbox:
    """Messages in one SQLite file.

    Args:
        path: the file; it and its folder are made when they are missing.
        clock: tells when a message was written and sent.
    """

    def __init__(self, path: Path, clock: Clock = system_clock) -> None:
        self._path, self._clock = path, clock

    def held(self) -> set[tuple[str, str]]:
        """The (page, event) pairs that have been written, sent or not."""
        with self._connection() as connection:
            return set(connection.execute("select distinct page, event from outbox"))

    def waiting(self, channels: Sequence[str]) -> int:
        """How many messages for these channels are not sent yet."""
        with self._connection() as connection:
            rows = connection.execute("select channel from outbox where sent_at is null").fetchall()
        return sum(channel in channels for (channel,) in rows)

    def write(self, messages: Sequence[Message], channels: Sequence[str]) -> int:
        """Put messages in for every channel, and return how many rows are new."""
        now = self._clock().isoformat()
        rows = [(m.key, m.event, channel, orjson.dumps(m.as_json()), now) for m in messages for channel in channels]
        with self._connection() as connection:
            before = connection.total_changes
            connection.executemany(
                "insert into outbox (page, event, channel, message, written_at) values (?, ?, ?, ?, ?) "
                "on conflict do nothing",
                rows,
            )
            return connection.total_changes - before

    def deliver(self, channels: Sequence[Channel]) -> Delivery:
        """Send what waits, oldest first, a trigger before its resolve. A channel that is down keeps its messages."""
        by_name = {channel.name: channel for channel in channels}
        with self._connection() as connection:
            waiting = connection.execute(
                "select page, event, channel, message from outbox where sent_at is null "
                "order by written_at, page, event desc, channel"
            ).fetchall()
        sent, failed, held = 0, list[str](), set[tuple[str, str]]()
        for page, event, name, message in waiting:
            if name not in by_name or (page, name) in held:
                continue
            try:
                by_name[name].send(Message.from_json(orjson.loads(message)))
            except ChannelError as error:
                log.warning("%s did not take the %s of %s: %s", name, event, page, error)
                failed.append(f"{name}: {error}")
                held.add((page, name))  # a resolve before its trigger would leave the page open for good
                self._mark(page, event, name, error=str(error))
            else:
                sent += 1
                self._mark(page, event, name, error=None)
        return Delivery(sent=sent, failed=tuple(failed))

    def messages(self) -> list[tuple[str, Message]]:
        """Every message with its channel, in the order of writing."""
        with self._connection() as connection:
            rows = connection.execute(
                "select channel, message from outbox order by written_at, page, event desc, channel"
            )
            return [(channel, Message.from_json(orjson.loads(message))) for channel, message in rows]

    def _mark(self, page: str, event: str, channel: str, *, error: str | None) -> None:
        sent_at = self._clock().isoformat() if error is None else None
        with self._connection() as connection:
            connection.execute(
                "update outbox set sent_at = ?, attempts = attempts + 1, last_error = ? "
                "where page = ? and event = ? and channel = ?",
                (sent_at, error, page, event, channel),
            )

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._path, timeout=30)
        try:
            with connection:
                connection.execute("pragma journal_mode = wal")
                connection.execute(_SCHEMA)
                yield connection
        finally:
            connection.close()
