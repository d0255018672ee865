"""A receiver as users start it, in a process of its own, and what it takes of the machine."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).parents[2]
_PORT = re.compile(rb"takes OTLP at http://127\.0\.0\.1:(\d+)/")


class ReceiverProcess:
    """A receiver for as long as a ``with`` block lasts; its files are finished when the block is left."""

    def __init__(self, folder: Path, **settings: object) -> None:
        self._settings = {"TRACES": folder, "RECEIVER_HOST": "127.0.0.1", "RECEIVER_PORT": 0, **settings}
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> ReceiverProcess:
        """Start, and wait until it listens."""
        others = {name: value for name, value in os.environ.items() if not name.startswith("LLM_EVAL_")}
        given = {f"LLM_EVAL_{name}": str(value) for name, value in self._settings.items()}
        command = [sys.executable, "-m", "llm_eval_pipeline", "receive"]
        self._process = subprocess.Popen(command, cwd=ROOT, env=others | given, stderr=subprocess.PIPE)
        assert self._process.stderr is not None
        found = _PORT.search(self._process.stderr.readline())
        assert found is not None, "the receiver did not say where it listens"
        self.port = int(found[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop it as a service manager does."""
        assert self._process is not None
        self._process.send_signal(signal.SIGTERM)
        self._process.communicate(timeout=30)

    def cpu_s(self) -> float:
        """Seconds of a core that it has taken so far, its own and the system's for it."""
        fields = self._proc("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def peak_mb(self) -> float:
        """The most memory that it has had, in MB."""
        found = re.search(r"VmHWM:\s+(\d+) kB", self._proc("status"))
        assert found is not None
        return int(found[1]) * 1024 / 1e6

    def _proc(self, name: str) -> str:
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/{name}").read_text()
