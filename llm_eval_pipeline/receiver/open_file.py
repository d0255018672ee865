"""One file that is being filled: every append is on disk when it returns, and nobody else takes the file meanwhile.

While it is open its name begins with a dot, which the landing passes over. Whoever fills it holds a lock on it (flock),
which the system gives up when the process dies; a file with such a name and no lock is what a crash left.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import time
from datetime import datetime
from pathlib import Path


class Disk:
    """What a file is written with; a test has one that is full, or that fails."""

    def write(self, file: int, data: memoryview) -> int:
        """As ``os.write``."""
        return os.write(file, data)

    def sync(self, file: int) -> None:
        """As ``os.fsync``."""
        os.fsync(file)


class OpenFile:
    """A new file of a folder.

    Attributes:
        path: where it is for now; its name begins with ``day``, that of ``now``.
        size: how many of its bytes are known to be on disk.
        opened: when it was begun, and ``touched`` when something was last added, both by ``time.monotonic``.
    """

    def __init__(self, folder: Path, ending: str, start: bytes, disk: Disk, now: datetime) -> None:
        self._disk = disk
        self.day = now.date()
        self.opened = self.touched = time.monotonic()
        self.path, self._file = _begun(folder, f".{now:%Y-%m-%d.%H%M%S}", ending)
        try:
            sync_folder(folder)
            self._add(start)
        except OSError:
            self.path.unlink()
            os.close(self._file)
            raise
        self.size = self._empty = len(start)

    def append(self, data: bytes) -> None:
        """Add data; it is on disk when this returns.

        Raises:
            OSError: when it is not. The file must then be finished, and takes no more.
        """
        self._add(data)
        self._disk.sync(self._file)
        self.size += len(data)
        self.touched = time.monotonic()

    def finish(self) -> Path | None:
        """Cut off what is not known to be on disk and give the file its final name; None when nothing is in it.

        Raises:
            OSError: when that cannot be done; the file then waits as one that a crash left.
        """
        try:
            if self.size == self._empty:
                self.path.unlink()
                return None
            os.ftruncate(self._file, self.size)
            return complete(self.path, self._file)
        finally:
            os.close(self._file)

    def _add(self, data: bytes) -> None:
        rest = memoryview(data)
        while rest:
            rest = rest[self._disk.write(self._file, rest) :]


def _begun(folder: Path, beginning: str, ending: str) -> tuple[Path, int]:
    """A new file, and the lock on it."""
    while True:
        path = folder / f"{beginning}-{secrets.token_hex(6)}{ending}"
        file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o640)
        fcntl.flock(file, fcntl.LOCK_EX)
        if path.exists():
            return path, file
        os.close(file)  # another receiver, which has just started, took it for one that a crash left


def complete(path: Path, file: int) -> Path:
    """Give an open file its final name, on disk."""
    os.fsync(file)
    final = path.with_name(path.name.removeprefix("."))
    path.rename(final)
    sync_folder(path.parent)
    return final


def sync_folder(folder: Path) -> None:
    """Put the names of a folder on disk."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
