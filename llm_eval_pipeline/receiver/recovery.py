"""What a crash left: files that nobody fills any more are cut to their whole records and given their final names.

Whole records that were never acknowledged stay, too: their senders send them again, and each span is kept once.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Sequence
from pathlib import Path

from llm_eval_pipeline.receiver.encoding import Encoding
from llm_eval_pipeline.receiver.open_file import complete


def recover(folder: Path, encodings: Sequence[Encoding]) -> list[Path]:
    """Complete every file of the folder that a crash left open; another receiver's are left alone.

    Returns:
        The files' final names; a file without a whole record is removed.

    Raises:
        OSError: when the folder or a file cannot be read or changed.
    """
    found = []
    for path in sorted(folder.glob(".*")):
        encoding = next((each for each in encodings if path.name.endswith(each.ending)), None)
        if encoding and (final := _recovered(path, encoding)):
            found.append(final)
    return found


def _recovered(path: Path, encoding: Encoding) -> Path | None:
    try:
        file = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return None  # its owner has just finished it
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not path.exists():
            return None
        size = encoding.whole(path.read_bytes())
        if size <= len(encoding.start):
            path.unlink()
            return None
        os.ftruncate(file, size)
        return complete(path, file)
    except BlockingIOError:
        return None  # another receiver fills it
    finally:
        os.close(file)
