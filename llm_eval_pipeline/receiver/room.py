"""How much may be under way at once: requests, and the bytes of their bodies. What is beyond is told to come again."""

from __future__ import annotations

from types import TracebackType

from llm_eval_pipeline.receiver.refusals import saturated


class Room:
    """Bounds on what is under way; for one event loop.

    Attributes:
        most_requests: how many may be under way.
        requests: how many are under way.
        size: how many bytes of bodies they hold.
    """

    def __init__(self, *, requests: int, size: int) -> None:
        self.most_requests = requests
        self._most_bytes = size
        self.requests = 0
        self.size = 0

    def place(self) -> Place:
        """A place for one request, held for as long as a ``with`` block lasts.

        Raises:
            RefusedError: when all are held.
        """
        if self.requests >= self.most_requests:
            raise saturated(f"{self.most_requests} requests are under way already (LLM_EVAL_RECEIVER_REQUESTS)")
        return Place(self)

    def take(self, size: int) -> None:
        """Hold so many bytes more, or refuse."""
        if self.size + size > self._most_bytes:
            raise saturated(f"bodies under way hold {self.size} bytes already (LLM_EVAL_RECEIVER_MEMORY_MB)")
        self.size += size


class Place:
    """One request's place and what it holds; leaving the ``with`` block gives both back."""

    __slots__ = ("_room", "_size")

    def __init__(self, room: Room) -> None:
        self._room = room
        self._size = 0

    def __enter__(self) -> Place:
        self._room.requests += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._room.requests -= 1
        self._room.size -= self._size

    def take(self, size: int) -> None:
        """Hold so many bytes more.

        Raises:
            RefusedError: when there is no room for them.
        """
        self._room.take(size)
        self._size += size
