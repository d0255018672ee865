"""What is fetched goes into files, whole or not at all, and is remembered, so that nothing is fetched twice.

No source can say what is new: a trace has the time at which it began, and is there when it has ended. So each fetch
looks back over a span of time and remembers what it has fetched of it. Not here: how to ask a source.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from llm_eval_pipeline.production.sources.seam import Fetched, SourceError

_MOST = 2048
_MOST_BYTES = 32 << 20
"""Of one file before it is packed, so that a fetch of any length holds no more in memory than this and one item."""


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
        folder: a folder below the landing folder.
        memory: the file that remembers what was fetched.
        look_back: how far before the newest that was fetched one that has ended later is still found.
        now: names the files; what began after it counts as newest for nobody.

    Raises:
        SourceError: when the memory holds something else.
    """

    def __init__(self, folder: Path, memory: Path, look_back: timedelta, now: datetime) -> None:
        self._folder, self._memory = folder, memory
        self._look_back_ms = look_back // timedelta(milliseconds=1)
        self._now = now
        self._seen = _remembered(memory)

    @property
    def since_ms(self) -> int:
        """From when on a source is to be asked, in milliseconds since 1970."""
        now_ms = int(self._now.timestamp() * 1000)
        newest = max((at for at in self._seen.values() if at <= now_ms), default=0)
        return max(0, newest - self._look_back_ms)

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
        write_whole(self._folder / name, gzip.compress(b"".join(line for _, line in some), mtime=0))
        self._seen |= {each.id: each.at_ms for each, _ in some}
        since = self.since_ms
        self._seen = {name: at for name, at in self._seen.items() if at >= since}
        write_whole(self._memory, orjson.dumps(self._seen))
        return len(some)


def memory_file(folder: Path, source: str, *where: str) -> Path:
    """The memory of a source in the state folder; another place to fetch from has a memory of its own."""
    digest = hashlib.blake2b("\n".join(where).encode(), digest_size=6).hexdigest()
    return folder / "fetched" / f"{source}-{digest}.json"


def write_whole(path: Path, data: bytes) -> None:
    """All of a file or nothing; landing passes over names that begin with a dot."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _remembered(memory: Path) -> dict[str, int]:
    if not memory.exists():
        return {}
    try:
        found = orjson.loads(memory.read_bytes())
    except orjson.JSONDecodeError as error:
        raise SourceError(f"{memory} does not say what was fetched ({error}): delete it, to fetch all again") from error
    if not isinstance(found, dict) or not all(type(at) is int for at in found.values()):
        raise SourceError(f"{memory} does not say what was fetched: delete it, to fetch all again")
    return found
