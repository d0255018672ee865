"""The endpoint's process: HTTP/1.1 with keep-alive on a bare asyncio protocol, so that its callers are the slow part.

``POST /<caller>/<run>/v1/chat/completions`` answers.
``GET /stats/<caller>/<run>[/prompts]`` tells the counts of one run, and the process's CPU seconds so far.
``POST /script/<caller>/<run>`` sets how it is answered, and begins its counts anew.
``GET /wait/<caller>/<run>/<n>`` answers when the run's n-th call comes in.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import cast

import orjson

from benchmarks.loopback.replies import ANSWER, completion, is_judges, judgement, prompt_key, texts
from benchmarks.loopback.tally import Script, Tally

_LENGTH = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_REASONS = {200: "OK", 404: "Not Found", 411: "Length Required", 429: "Too Many Requests", 500: "Internal Server Error"}
_CHAT = "/v1/chat/completions"


class Desk:
    """All runs' tallies, and what is done with a request."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self._tallies: dict[str, Tally] = {}
        self._loop = asyncio.get_running_loop()

    def take(self, connection: Connection, target: str, body: bytes) -> None:
        """Answer one request, now or later."""
        if target.endswith(_CHAT):
            self._complete(connection, target.removesuffix(_CHAT).strip("/"), body)
            return
        order, _, run = target.strip("/").partition("/")
        if order == "stats":
            tally = self._tally(run.removesuffix("/prompts"))
            told = tally.told(prompts=run.endswith("/prompts")) | {"cpu_s": time.process_time()}
            connection.send(200, orjson.dumps(told))
        elif order == "script":
            self._tallies[run] = Tally(script=replace(self._script, **orjson.loads(body or b"{}")))
            connection.send(200, b"{}")
        elif order == "wait":
            run, _, least = run.rpartition("/")
            tally = self._tally(run)
            if tally.received >= int(least):
                connection.send(200, b"{}")
            else:
                tally.waiting.append((int(least), lambda: connection.send(200, b"{}")))
        else:
            connection.send(404, b'{"error": {"message": "no such path"}}')

    def _tally(self, run: str) -> Tally:
        return self._tallies.setdefault(run, Tally(script=self._script))

    def _complete(self, connection: Connection, run: str, body: bytes) -> None:
        request = orjson.loads(body)
        conversation = texts(request["messages"])
        judges = is_judges(conversation)
        tally, now = self._tally(run), self._loop.time()
        status = tally.receive(prompt_key(conversation), now)
        script, headers = tally.script, ""
        if status == 200:
            output = judgement(run.partition("/")[0]) if judges else ANSWER
            payload = completion(request["model"], output, sum(len(text) for _, text in conversation))
        else:
            payload = b'{"error": {"message": "scripted %d"}}' % status
            headers = f"Retry-After: {script.retry_after_s}\r\n" if status == 429 else ""

        def answer() -> None:
            lost = connection.send(status, payload, headers)
            tally.finish(status, judges=judges, lost=lost, now=self._loop.time())

        self._loop.call_later(0 if status == 429 else script.delay_s, answer)


class Connection(asyncio.Protocol):
    """One caller's connection; it asks one thing at a time, as HTTP clients do."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffer = bytearray()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back; uvloop's transport is none of asyncio's by class."""
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, error: Exception | None) -> None:
        """The caller has gone."""
        self._transport = None

    def data_received(self, data: bytes) -> None:
        """Take every request that is complete."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end])
            method, target, _ = head.split(b" ", 2)
            length = _LENGTH.search(head)
            if length is None and method == b"POST":
                self.send(411, b'{"error": {"message": "send Content-Length"}}')
                self._buffer.clear()
                return
            size = end + 4 + (int(length[1]) if length else 0)
            if len(self._buffer) < size:
                return
            body = bytes(self._buffer[end + 4 : size])
            del self._buffer[:size]
            self._desk.take(self, target.decode(), body)

    def send(self, status: int, payload: bytes, headers: str = "") -> bool:
        """Answer; returns whether the caller had gone."""
        if self._transport is None or self._transport.is_closing():
            return True
        head = (
            f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\n{headers}"
            f"Content-Length: {len(payload)}\r\n\r\n"
        )
        self._transport.write(head.encode() + payload)
        return False


async def serve(script: Script) -> None:
    """Listen on a free port, print it, and go on until the process that started this one closes its end."""
    desk = Desk(script)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(desk), "127.0.0.1", 0, backlog=1024)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


def main() -> None:
    """Run until standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.05, help="seconds before each answer")
    given = parser.parse_args()
    with asyncio.Runner(loop_factory=_fastest_loop()) as runner:
        runner.run(serve(Script(delay_s=given.delay)))


def _fastest_loop() -> Callable[[], asyncio.AbstractEventLoop]:
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop
    return uvloop.new_event_loop


if __name__ == "__main__":
    main()
