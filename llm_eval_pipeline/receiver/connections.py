"""Connections of uvicorn's with bounds: as they are, a head could grow for ever, and a body come for ever."""

from __future__ import annotations

from asyncio import BaseTransport

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 << 10
MOST_DISCARDED = 64 << 20
"""Bytes of a body that are read once its request was answered: most senders read the answer when they have sent all."""
REQUEST_S = 30.0
"""Seconds that a request may take to come, its head and body together."""
_CHUNK_HEADS = 8  # bytes of chunk heads that come with a byte of body at the most, but for extensions


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed when a request is slow, its head long, or a body that nobody wants without end."""

    _beside = 0  # bytes of this request that were no body
    _discarded = 0
    _since: float | None = None  # when the request that is coming began, by the loop's clock

    def connection_made(self, transport: BaseTransport) -> None:
        """A head is awaited."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Count what is no body: a head, chunk heads, and what follows the last chunk."""
        self._beside += len(data)
        super().data_received(data)
        if self._beside > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's head has more than 64 KiB.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._since = self.loop.time()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._beside = self._discarded = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        self._beside = max(0, self._beside - (1 + _CHUNK_HEADS) * len(body))
        if self.cycle.response_complete:
            self._discarded += len(body)
            if self._discarded > MOST_DISCARDED:
                self.transport.close()
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The next byte is of another request."""
        self._beside = 0
        self._since = None
        super().on_message_complete()

    def close_if_late(self, now: float) -> None:
        """Close the connection when what it sends has not come in time; to be called once a second or so."""
        if self._since is not None and now - self._since > REQUEST_S and not self.transport.is_closing():
            self.transport.close()
