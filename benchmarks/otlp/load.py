"""A load on a receiver: open connections, and a request whenever one is due, or as soon as one is answered."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

_HEAD = (
    b"POST /v1/traces HTTP/1.1\r\nHost: receiver\r\nContent-Type: application/x-protobuf\r\nContent-Length: %d\r\n\r\n"
)


@dataclass(slots=True)
class Answers:
    """How many answers of each status came, and how long they took, in seconds."""

    statuses: Counter[int] = field(default_factory=Counter)
    took: list[float] = field(default_factory=list)

    def share(self, share: float) -> float:
        """The time that this share of the answers took at the most."""
        return sorted(self.took)[min(len(self.took) - 1, int(share * len(self.took)))]


async def send(
    port: int, body: Callable[[], bytes], *, seconds: float, connections: int, per_s: float | None = None
) -> Answers:
    """Send bodies for so many seconds: ``per_s`` of them each second, evenly, or as many as are answered."""
    answers, begun = Answers(), time.perf_counter()
    due = asyncio.Queue[bytes]()
    sending = [asyncio.create_task(_connection(port, due, answers)) for _ in range(connections)]
    count = 0
    while (now := time.perf_counter() - begun) < seconds:
        if per_s is None:
            while due.qsize() < connections:
                due.put_nowait(body())
            await asyncio.sleep(0)
            continue
        while count < now * per_s:
            due.put_nowait(body())
            count += 1
        await asyncio.sleep(max(0.0, begun + count / per_s - time.perf_counter()))
    if per_s is not None:
        await due.join()
    for task in sending:
        task.cancel()
    await asyncio.gather(*sending, return_exceptions=True)
    return answers


async def _connection(port: int, due: asyncio.Queue[bytes], answers: Answers) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        while True:
            body = await due.get()
            exchange = asyncio.ensure_future(_exchange(reader, writer, body, answers))
            try:
                await asyncio.shield(exchange)
            except asyncio.CancelledError:
                with suppress(asyncio.CancelledError):
                    await exchange  # what was sent is answered
                raise
            due.task_done()
    finally:
        writer.close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes, answers: Answers) -> None:
    begun = time.perf_counter()
    writer.write(_HEAD % len(body) + body)
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line.split(b":")[1] for line in head.lower().splitlines() if line.startswith(b"content-length:"))
    await reader.readexactly(int(length))
    answers.took.append(time.perf_counter() - begun)
    answers.statuses[int(head.split(b" ", 2)[1])] += 1
