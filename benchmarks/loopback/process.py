"""The endpoint as its callers' benchmarks hold it: started, scripted, read, and stopped."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import asdict
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from benchmarks.loopback.tally import Script

ROOT = Path(__file__).parents[2]


class Loopback:
    """A server process for as long as the ``with`` block lasts; it ends when this process does."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Loopback:
        """Start, and wait until it listens."""
        command = [sys.executable, "-m", "benchmarks.loopback.server"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        self.port = int(self._process.stdout.readline())
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop; the end of its input tells it to."""
        assert self._process is not None
        self._process.communicate(timeout=10)

    def url(self, run: str) -> str:
        """The base URL of one run, such as ``ours/quiet-1``; who is calling goes first."""
        return f"http://127.0.0.1:{self.port}/{run}/v1"

    def script(self, run: str, script: Script) -> None:
        """Say how a run is answered; its counts begin anew."""
        self._ask("POST", f"/script/{run}", orjson.dumps(asdict(script)))

    def stats(self, run: str, *, prompts: bool = False) -> dict[str, Any]:
        """What a run's calls came to: the fields of :class:`Tally`."""
        return self._ask("GET", f"/stats/{run}{'/prompts' if prompts else ''}")

    def wait_for(self, run: str, calls: int, timeout_s: float) -> None:
        """Return when a run's n-th call comes in.

        Raises:
            TimeoutError: when it does not in time.
        """
        self._ask("GET", f"/wait/{run}/{calls}", timeout_s=timeout_s)

    def _ask(self, method: str, target: str, body: bytes | None = None, timeout_s: float = 30.0) -> dict[str, Any]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, target, body)
            answer: dict[str, Any] = orjson.loads(connection.getresponse().read())
            return answer
        finally:
            connection.close()
