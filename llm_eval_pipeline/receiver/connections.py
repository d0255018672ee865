"""Connections of uvicorn's with bounds: as they are, a head could grow for ever, and a refused body come for ever."""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_HEAD = 64 << 10
MOST_DISCARDED = 64 << 20
"""Bytes of a body that are read once its request was answered: most senders read the answer when they have sent all."""
HEAD_S = 30.0
_CHUNK_HEADS = 8  # bytes of chunk heads that come with a byte of body at the most, but for extensions


class BoundedConnection(HttpToolsProtocol):
    """A connection that is closed when a head is long or slow, or a body that nobody wants does not end."""

    _beside = 0  # bytes of this request that were no body
    _discarded = 0
    _late: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for a head, but not for ever."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._wait_for_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what is no body: a head, chunk heads, and what follows the last chunk."""
        self._beside += len(data)
        super().data_received(data)
        if self._beside > MOST_HEAD and not self.transport.is_closing():
            self.send_400_response("The request's head has more than 64 KiB.")

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self._wait_for_head()

    def on_headers_complete(self) -> None:
        """A head is whole."""
        self._stop_waiting()
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
        super().on_message_complete()

    def _wait_for_head(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_S, self.transport.close)

    def _stop_waiting(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None
