"""What is fetched goes into files, whole or not at all, and is remembered, so that nothing is fetched twice.

No source can say what is new: a trace has the time at which it began, and is there when it has ended. So each fetch
looks back over a span of time and remembers what it has fetched of it. Not here: how to ask a source.
"""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
from pydantic import TypeAdapter, ValidationError

from llm_eval_pipeline.production.sources.seam import Fetched, SourceError

_MOST = 2048
_MOST_BYTES = 32 << 20
"""Of one file before it is packed, so that a fetch of any length holds no more in memory than this and one item."""

_Pair = TypeAdapter(tuple[str, int])


@dataclass(frozen=True, slots=True)
class Found:
    """A trace or call that a source has; ``line`` gives it as JSON on one line, and is None while it has not ended."""

    id: str
    at_ms: int
    """When it began, in milliseconds since 1970."""
    line: Callable[[], bytes] | None


class Keeper:
    """Keeps what one source gives.

    Args:
        folder: a folder below the landing folder; it is made, so that landing finds its own.
        memory: the file that remembers what was fetched.
        look_back: how far before the newest that was fetched one that has ended later is still found.
        now: names the files; what began after it counts as newest for nobody.

    Raises:
        SourceError: when the memory holds something else.
    """

    def __init__(self, folder: Path, memory: Path, look_back: timedelta, now: datetime) -> None:
        self._folder, self._memory = folder, memory
        folder.mkdir(parents=True, exist_ok=True)
        seen = _remembered(memory)
        newest = max((at for at in seen.values() if at <= int(now.timestamp() * 1000)), default=0)
        self.since_ms = max(0, newest - look_back // timedelta(milliseconds=1))
        """From when on a source is to be asked, in milliseconds since 1970."""
        self._seen = {name: at for name, at in seen.items() if at >= self.since_ms}
        self._is_noted = False
        self._now = now

    def keep(self, found: Iterable[Found]) -> Fetched:
        """Write what was not fetched before, some thousand in each file."""
        kept = still_open = size = 0
        some: list[tuple[Found, bytes]] = []
        for each in found:
            if each.id in self._seen:
                continue
            if each.line is None:
                still_open += 1
                continue
            line = each.line()
            some.append((each, line))
            size += len(line)
            if len(some) == _MOST or size >= _MOST_BYTES:
                kept += self._write(some)
                some, size = [], 0
        kept += self._write(some)
        return Fetched(traces=kept, open=still_open)

    def _write(self, some: list[tuple[Found, bytes]]) -> int:
        """One file. Its name says what it holds: what a crash left unremembered is written over if no more has come."""
        if not some:
            return 0
        digest = hashlib.blake2b("\n".join(each.id for each, _ in some).encode(), digest_size=8).hexdigest()
        name = f"{self._now.astimezone(UTC).date()}.{digest}-{len(some)}.jsonl.gz"
        write_whole(self._folder / name, gzip.compress(b"".join(line for _, line in some), 6, mtime=0))
        new = {each.id: each.at_ms for each, _ in some}
        self._seen |= new
        if self._is_noted:
            with self._memory.open("ab") as file:
                file.write(_note(new))
        else:  # what is too old to come again is left out, once
            write_whole(self._memory, _note(self._seen))
            self._is_noted = True
        return len(some)


def memory_file(folder: Path, source: str, *where: str) -> Path:
    """The memory of a source in the state folder; another place to fetch from has a memory of its own."""
    digest = hashlib.blake2b("\n".join(where).encode(), digest_size=6).hexdigest()
    return folder / "fetched" / f"{source}-{digest}.jsonl"


def write_whole(path: Path, data: bytes) -> None:
    """All of a file or nothing; landing passes over names that begin with a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())  # what is remembered must be there even after a loss of power
    part.replace(path)


def _note(seen: dict[str, int]) -> bytes:
    return b"".join(orjson.dumps(pair) + b"\n" for pair in seen.items())


def _remembered(memory: Path) -> dict[str, int]:
    """What was noted; a last line that a crash has cut is none."""
    if not memory.exists():
        return {}
    try:
        return dict(_Pair.validate_json(line) for line in memory.read_bytes().split(b"\n")[:-1])
    except ValidationError:
        raise SourceError(f"{memory} does not say what was fetched: delete it, to fetch all again") from None
