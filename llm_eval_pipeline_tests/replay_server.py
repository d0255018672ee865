"""An endpoint on the loopback interface that speaks OpenAI's and Anthropic's APIs, and whose every answer is known.

Belongs here: the server and the failures that it can be told to make. Does not belong here: what its callers expect.
"""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

import orjson
from aiohttp import web

from llm_eval_pipeline_tests.replay_formats import FORMATS

Answers = Mapping[str, str] | Callable[[str, str], str]
"""The output for each prompt, or a function of model and prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """What one call gets in place of its answer.

    ``prompt`` keeps it for calls with that prompt; None: the next call, whatever it asks. ``delay_s`` passes first.
    """

    status: int = 500
    body: str | bytes = '{"error": {"message": "scripted failure"}}'
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    prompt: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """One call as it came in; ``peer`` is the client's end of the connection."""

    prompt: str
    peer: tuple[str, int]
    body: Mapping[str, Any]
    headers: Mapping[str, str]


class ReplayServer:
    """A server in a thread of its own, for as long as the ``with`` block lasts.

    The prompt of a call is the content of its last message from the user. A prompt that ``answers`` does not hold is
    answered with 400, which no client tries again. ``answers`` and ``delay_s`` may be replaced while it runs.

    Args:
        answers: the outputs.
        failures: used up in order, each by the first call that it fits.
        delay_s: how long each answer takes.
        piece_s: how long each piece of a stream takes after that.

    Attributes:
        calls: how many calls came for each prompt, those that failed among them.
        received: the calls themselves, in the order of their arrival.
        most_at_once: the most calls that were under way together.
    """

    def __init__(
        self, answers: Answers, *, failures: Iterable[Failure] = (), delay_s: float = 0.0, piece_s: float = 0.0
    ) -> None:
        self.answers = answers
        self.failures = list(failures)
        self.delay_s = delay_s
        self.piece_s = piece_s
        self.calls: Counter[str] = Counter()
        self.received: list[Received] = []
        self.most_at_once = 0
        self._under_way = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="replay-server", daemon=True)
        self._runner: web.AppRunner | None = None

    def __enter__(self) -> ReplayServer:
        """Listen on a free port."""
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and drop the calls that are still under way."""
        assert self._runner is not None
        asyncio.run_coroutine_threadsafe(self._runner.cleanup(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        assert self._runner is not None, "enter the server before asking for its address"
        host, port = self._runner.addresses[0]
        return f"http://{host}:{port}/v1"

    @property
    def total_calls(self) -> int:
        """How many calls came."""
        return self.calls.total()

    async def _listen(self) -> None:
        app = web.Application(client_max_size=64 * 2**20)
        for path in FORMATS:
            app.router.add_post(path, self._complete)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.05)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        body = orjson.loads(await request.read())
        prompt = next(m["content"] for m in reversed(body["messages"]) if m["role"] == "user")
        self.calls[prompt] += 1
        assert request.transport is not None
        peer = request.transport.get_extra_info("peername")
        self.received.append(Received(prompt=prompt, peer=peer, body=body, headers=dict(request.headers)))
        self._under_way += 1
        self.most_at_once = max(self.most_at_once, self._under_way)
        try:
            return await self._answer(request, body, prompt)
        finally:
            self._under_way -= 1

    async def _answer(self, request: web.Request, body: Mapping[str, Any], prompt: str) -> web.StreamResponse:
        failure = next((one for one in self.failures if one.prompt in (None, prompt)), None)
        if failure is not None:
            self.failures.remove(failure)
            await asyncio.sleep(failure.delay_s)
            return web.Response(status=failure.status, body=failure.body, headers=failure.headers)
        await asyncio.sleep(self.delay_s)
        answers = self.answers
        output = answers(body["model"], prompt) if callable(answers) else answers.get(prompt)
        if output is None:
            error = {"error": {"message": f"no answer is prepared for the prompt {prompt[:200]!r}"}}
            return web.Response(status=400, body=orjson.dumps(error), content_type="application/json")
        whole, events = FORMATS[request.path]
        if not body.get("stream"):
            return web.Response(body=orjson.dumps(whole(body, output)), content_type="application/json")
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        for event in events(body, output):
            await stream.write(event)
            await asyncio.sleep(self.piece_s)
        await stream.write_eof()
        return stream
