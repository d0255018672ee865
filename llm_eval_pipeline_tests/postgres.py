"""A PostgreSQL server on the loopback interface, for as long as the tests run; it needs the server's programs."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = "nobody"
"""Who runs the server when the tests run as root, which PostgreSQL refuses to."""


def programs() -> Path | None:
    """The folder of ``initdb`` and ``pg_ctl``: on the PATH, or where Debian keeps them."""
    found = shutil.which("initdb")
    if found:
        return Path(found).parent
    return max((path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")), default=None)


@contextmanager
def running_server(binaries: Path) -> Iterator[str]:
    """Start a server with an empty cluster, and give the URL of its administrator without a database."""
    as_user = ["setpriv", f"--reuid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        if as_user:
            shutil.chown(folder, NOBODY)
        control = [*as_user, str(binaries / "pg_ctl"), "-D", f"{folder}/data", "-w"]
        initial = [*as_user, str(binaries / "initdb"), "-D", f"{folder}/data", "-U", "tester", "--auth=trust"]
        subprocess.run([*initial, "--no-sync", "--encoding=UTF8", "--locale=C"], check=True, capture_output=True)
        options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder}"
        subprocess.run([*control, "-l", f"{folder}/log", "-o", options, "start"], check=True, capture_output=True)
        try:
            yield f"postgresql+psycopg://tester@127.0.0.1:{port}"
        finally:
            subprocess.run([*control, "-m", "immediate", "stop"], check=True, capture_output=True)
