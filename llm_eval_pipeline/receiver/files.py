"""The files that spans arrive in: one for each encoding, begun anew when it is large, old, quiet, or of yesterday.

All of it happens in one thread (``commits.py``). A write that fails costs what was in it and no more: the file is cut
back to what was acknowledged, gets its final name, and the next write begins another.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from llm_eval_pipeline.clients.clock import Clock, system_clock
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.encoding import Encoding
from llm_eval_pipeline.receiver.open_file import Disk, OpenFile, sync_folder
from llm_eval_pipeline.receiver.recovery import recover

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rotation:
    """When a file is finished."""

    size: int = 64 << 20
    """Bytes that it has at the most, if a single request has no more."""
    age_s: float = 300.0
    quiet_s: float = 10.0
    """Seconds without anything new."""


class SpanFiles:
    """The open files of one receiver; what a crash left in the folder is completed first.

    Raises:
        OSError: when the folder cannot be made, read or written.
    """

    def __init__(
        self,
        folder: Path,
        encodings: Sequence[Encoding],
        counts: Counts,
        rotation: Rotation | None = None,
        disk: Disk | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._folder = folder
        self._counts = counts
        self._rotation = rotation or Rotation()
        self._disk = disk or Disk()
        self._clock = clock
        self._open: dict[str, OpenFile] = {}
        is_new = not folder.parent.exists()
        folder.mkdir(parents=True, exist_ok=True)
        for parent in folder.parents[: 1 + is_new]:
            sync_folder(parent)
        for path in recover(folder, encodings):
            self._tell(path, "completed after a crash", path.stat().st_size)

    def append(self, encoding: Encoding, data: bytes) -> None:
        """Add whole records; they are on disk when this returns.

        Raises:
            OSError: when they are not; no reader will ever see a part of them.
        """
        file, taken = self._file(encoding, len(data)), False
        try:
            file.append(data)
            taken = True
        finally:
            if not taken:
                self._finish(encoding.ending)

    def finish_due(self) -> None:
        """Finish the files whose time has come."""
        now = time.monotonic()
        for ending, file in list(self._open.items()):
            old, quiet = now - file.opened, now - file.touched
            if old >= self._rotation.age_s or quiet >= self._rotation.quiet_s:
                self._finish(ending)

    def finish_all(self) -> None:
        """Finish every file."""
        for ending in list(self._open):
            self._finish(ending)

    def probe(self) -> None:
        """Find out whether the disk takes anything.

        Raises:
            OSError: when it does not.
        """
        file = OpenFile(self._folder, ".probe", b"", self._disk, self._clock())
        try:
            file.append(bytes(4096))
        finally:
            file.size = 0
            file.finish()

    def _file(self, encoding: Encoding, more: int) -> OpenFile:
        if encoding.ending in self._open:
            file = self._open[encoding.ending]
            fits = file.size + more <= self._rotation.size and file.day == self._clock().date()
            if fits and file.path.exists():  # somebody may have emptied the landing folder
                return file
            self._finish(encoding.ending)
        self._folder.mkdir(parents=True, exist_ok=True)
        file = OpenFile(self._folder, encoding.ending, encoding.start, self._disk, self._clock())
        self._open[encoding.ending] = file
        return file

    def _finish(self, ending: str) -> None:
        file = self._open.pop(ending)
        try:
            final = file.finish()
        except FileNotFoundError:
            _log.warning("%s was removed while spans went into it", file.path.name)
            return
        except OSError as error:
            _log.warning("%s stays unfinished until the receiver starts again: %s", file.path.name, error.strerror)
            return
        if final:
            self._tell(final, "finished", file.size)

    def _tell(self, path: Path, what: str, size: int) -> None:
        self._counts.files += 1
        _log.info("%s %s: %d bytes", what, path.name, size)
