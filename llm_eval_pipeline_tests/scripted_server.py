"""A server that says, byte for byte, what a script tells it to: for answers that no HTTP library would send.

Belongs here: the server, and the beginning of an answer. Does not belong here: what its callers make of it.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Sequence
from types import TracebackType

Script = Sequence[bytes | float]
"""What to send, in pieces; a number is a wait in seconds. After the last one the connection is closed."""


def head(*, status: str = "200 OK", kind: str = "application/json", **headers: object) -> bytes:
    """The beginning of an answer; without a length its body ends where the connection does."""
    lines = [f"HTTP/1.1 {status}", f"Content-Type: {kind}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def document(body: bytes) -> Script:
    """A whole answer with status 200."""
    return [head(Content_Length=len(body)) + body]


class ScriptedServer:
    """Answers every request on every connection with one script, for as long as the ``with`` block lasts.

    Attributes:
        requests: what came, head and body together.
        sent: how many bytes were written.
    """

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.sent = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="scripted-server", daemon=True)
        self._server: asyncio.Server | None = None

    def __enter__(self) -> ScriptedServer:
        """Listen on a free port."""
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(
            asyncio.start_server(self._serve, "127.0.0.1", 0), self._loop
        ).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop, and drop what is under way."""
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        assert self._server is not None, "enter the server before asking for its address"
        host, port = self._server.sockets[0].getsockname()
        return f"http://{host}:{port}/v1"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            self.requests.append(await self._request(reader))
            for piece in self.script:
                if isinstance(piece, bytes):
                    writer.write(piece)
                    await writer.drain()
                    self.sent += len(piece)
                else:
                    await asyncio.sleep(piece)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client had enough
        finally:
            writer.close()

    async def _request(self, reader: asyncio.StreamReader) -> bytes:
        top = await reader.readuntil(b"\r\n\r\n")
        length = next(line.split(b":")[1] for line in top.lower().splitlines() if line.startswith(b"content-length:"))
        return top + await reader.readexactly(int(length))

    async def _stop(self) -> None:
        assert self._server is not None
        self._server.close()
        under_way = asyncio.all_tasks() - {asyncio.current_task()}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)
