"""Another command that runs beside the receiver, such as Dagster's: when either ends, both do."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Sequence
from contextlib import suppress

_WAYS = ((None, 3.0), (signal.SIGINT, 20.0), (signal.SIGTERM, 5.0), (signal.SIGKILL, 5.0))
"""What it is told, and for how many seconds it is waited for. A second Ctrl-C would cut a clean end short, so first
comes the wait for one that has heard the terminal's."""


class Beside:
    """A command for as long as an ``async with`` block lasts.

    Attributes:
        code: how it ended, once it has.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._watching: asyncio.Task[None] | None = None
        self.code: int | None = None

    async def __aenter__(self) -> Beside:
        """Start it; it hears Ctrl-C as the receiver does."""
        self._process = await asyncio.create_subprocess_exec(*self._command)
        self._watching = asyncio.get_running_loop().create_task(self._watch(self._process))
        return self

    async def __aexit__(self, *_: object) -> None:
        """Let it end, and see to it that it does."""
        assert self._process is not None
        assert self._watching is not None
        for way, patience_s in _WAYS:
            if way is not None:
                self._process.send_signal(way)
            with suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(self._watching), patience_s)
                return

    async def _watch(self, process: asyncio.subprocess.Process) -> None:
        self.code = await process.wait()
