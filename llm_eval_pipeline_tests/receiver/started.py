"""``llm-eval receive`` in a process of its own, which a test may kill."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

_LISTENS = re.compile(r"takes OTLP at http://127\.0\.0\.1:(\d+)/v1/traces")


class Started:
    """The command for as long as a ``with`` block lasts; the port is known once it listens."""

    def __init__(self, landing: Path, *command: str, file_limit: int | None = None, **settings: str) -> None:
        others = {name: value for name, value in os.environ.items() if not name.startswith("LLM_EVAL_")}
        given = {"TRACES": str(landing), "RECEIVER_PORT": "0"} | settings
        limited = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({file_limit}, {file_limit})); "
        code = "import sys; from llm_eval_pipeline.commands.main import main; sys.argv = ['llm-eval', *sys.argv[1:]]; "
        self.process = subprocess.Popen(
            [sys.executable, "-c", f"{limited if file_limit else ''}{code}main()", "receive", *command],
            env=others | {f"LLM_EVAL_{name}": value for name, value in given.items()},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.said: list[str] = []
        self.port = 0

    def __enter__(self) -> Started:
        assert self.process.stderr is not None
        while not self.port:
            line = self.process.stderr.readline()
            assert line, f"it ended: {self.said}"
            self.said.append(line)
            if found := _LISTENS.search(line):
                self.port = int(found[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end(signal.SIGTERM)

    def end(self, way: signal.Signals) -> int:
        """Send a signal, and wait; how it ended."""
        if self.process.poll() is None:
            self.process.send_signal(way)
        said, more = self.process.communicate(timeout=60)
        self.said += [said, more]
        return self.process.returncode
