"""``python -m benchmarks.endpoint_cost``: processor time of one call, ours against a loop of bare aiohttp.

2,000 calls, 64 at a time, to a server in another process that answers after 50 ms; the ideal is 32 rounds, 1.6 s. Each
round of the benchmark runs all contestants one after the other, and the ratio is of one round, so that a machine that
is busy with other things is busy for each of them.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import sys
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from statistics import median

import aiohttp
import orjson
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatRequest, Message
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient

CALLS, AT_ONCE, DELAY_S, ROUNDS = 2000, 64, 0.05, 9
REQUEST = ChatRequest(
    model="acme/large",
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="What is it? " * 40)),
    params={"temperature": 0.0, "max_tokens": 512},
)
BODY = {
    **REQUEST.params,
    "model": REQUEST.model,
    "messages": [{"role": message.role, "content": message.content} for message in REQUEST.messages],
}
ANSWER = orjson.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": "acme/large",
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": "An answer. " * 24}, "finish_reason": "stop"}
        ],
        "usage": {"prompt_tokens": 120, "completion_tokens": 60, "total_tokens": 180},
    }
)
Call = Callable[[], Awaitable[object]]


class _Answering(asyncio.Protocol):
    """Answers each request after the delay, with as little work as can be."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport, self.came = transport, b""

    def data_received(self, data: bytes) -> None:
        self.came += data
        top, found, rest = self.came.partition(b"\r\n\r\n")
        if found and len(rest) >= int(top.lower().partition(b"content-length:")[2].split(b"\r\n")[0]):
            self.came = b""
            head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(ANSWER)
            asyncio.get_running_loop().call_later(DELAY_S, self.transport.write, head + ANSWER)  # type: ignore[attr-defined]


def _serve(ready: Connection) -> None:
    async def listen() -> None:
        server = await asyncio.get_running_loop().create_server(_Answering, "127.0.0.1", 0)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(listen())


async def _drive(call: Call) -> None:
    todo = iter(range(CALLS))

    async def work() -> None:
        for _ in todo:
            await call()

    await asyncio.gather(*(work() for _ in range(AT_ONCE)))


async def _bare(base_url: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def call() -> None:
            async with session.post(f"{base_url}/chat/completions", json=BODY) as reply:
                await reply.json()

        await _drive(call)


async def _ours(base_url: str) -> None:
    async with OpenAICompatibleClient(base_url, SecretStr("key")) as client:
        await _drive(lambda: client.complete(REQUEST))


def main() -> None:
    """Run all rounds, and tell their medians."""
    listening, ready = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=_serve, args=(ready,), daemon=True)
    server.start()
    base_url = f"http://127.0.0.1:{listening.recv()}/v1"
    seconds: dict[str, list[tuple[float, float]]] = {"bare aiohttp": [], "ours": []}
    for _ in range(ROUNDS):
        for name, contestant in (("bare aiohttp", _bare), ("ours", _ours)):
            wall, processor = time.perf_counter(), time.process_time()
            asyncio.run(contestant(base_url))
            seconds[name].append((time.perf_counter() - wall, time.process_time() - processor))
    server.kill()
    for name, runs in seconds.items():
        each = median(processor for _, processor in runs) / CALLS * 1e6
        ratio = median(mine / bare for (_, mine), (_, bare) in zip(runs, seconds["bare aiohttp"], strict=True))
        wall = median(wall for wall, _ in runs)
        sys.stdout.write(f"{name:14}{each:8.0f} us a call{ratio:8.2f} x bare{wall:8.2f} s in all\n")


if __name__ == "__main__":
    main()
