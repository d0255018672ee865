"""The outbox: every message is written before it is sent and marked after.

A crash between the two sends the message again, under the same key, which receivers use to drop repeats. A repeated
tick writes nothing, since (page, event, channel) is the row's key. Who sends a message claims it first, so that two
senders at once send it once; the claim of a sender that died runs out.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import orjson

from llm_eval_pipeline.alerts.channels.seam import Channel, ChannelError
from llm_eval_pipeline.alerts.messages import Message
from llm_eval_pipeline.clients.clock import Clock, system_clock

log = logging.getLogger(__name__)
LEASE = timedelta(minutes=5)
"""How long a claim holds; channels give up on a receiver much sooner."""
_SCHEMA = """
create table if not exists outbox (
    page text not null, event text not null, channel text not null, message blob not null,
    written_at text not null, sent_at text, attempts integer not null default 0, last_error text,
    claimed_until text,
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

    def waiting_pages(self, channels: Sequence[str]) -> list[str]:
        """The pages whose trigger is not sent yet to one of these channels, in order."""
        with self._connection() as connection:
            rows = connection.execute(
                "select page, channel from outbox where sent_at is null and event = 'trigger' order by page"
            ).fetchall()
        return list(dict.fromkeys(page for page, channel in rows if channel in channels))

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
            if not self._claim(page, event, name):
                held.add((page, name))  # another sender is at it, and sends what belongs to the page in order
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

    def _claim(self, page: str, event: str, channel: str) -> bool:
        """Whether the message is this sender's to send; no other gets it before the lease is over."""
        now = self._clock()
        with self._connection() as connection:
            claimed = connection.execute(
                "update outbox set claimed_until = ? where page = ? and event = ? and channel = ? "
                "and sent_at is null and (claimed_until is null or claimed_until <= ?)",
                ((now + LEASE).isoformat(), page, event, channel, now.isoformat()),
            )
            return claimed.rowcount == 1

    def _mark(self, page: str, event: str, channel: str, *, error: str | None) -> None:
        sent_at = self._clock().isoformat() if error is None else None
        with self._connection() as connection:
            connection.execute(
                "update outbox set sent_at = ?, attempts = attempts + 1, last_error = ?, claimed_until = null "
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
                if not _has_claims(connection):
                    _add_claims(connection)
                yield connection
        finally:
            connection.close()


def _has_claims(connection: sqlite3.Connection) -> bool:
    return any(name == "claimed_until" for _, name, *_ in connection.execute("pragma table_info(outbox)"))


def _add_claims(connection: sqlite3.Connection) -> None:
    """Bring a file from before there were claims up to date; another process may do the same meanwhile."""
    try:
        connection.execute("alter table outbox add column claimed_until text")
    except sqlite3.OperationalError:
        if not _has_claims(connection):
            raise
