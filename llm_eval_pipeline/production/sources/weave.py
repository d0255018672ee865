"""Calls of a W&B Weave project, from its trace server.

Here: which calls are asked for, page by page, and again after a failure. Not here: what a call says
(``readers/weave``), what is kept (``keeping``).
"""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import orjson

from llm_eval_pipeline.clients.chat import ChatError, RetryLaterError
from llm_eval_pipeline.production.instants import from_iso
from llm_eval_pipeline.production.sources.keeping import Found, Keeper
from llm_eval_pipeline.production.sources.seam import Fetched, SourceError
from llm_eval_pipeline.production.spans import BadSpanError

_PAGE = 500
_ATTEMPTS = 6
_LONGEST_WAIT_S = 120.0
_SETTINGS = "LLM_EVAL_WEAVE_PROJECT, LLM_EVAL_WEAVE_URL and LLM_EVAL_WEAVE_API_KEY"


class Calls(Protocol):
    """What answers queries: :class:`~llm_eval_pipeline.clients.weave.WeaveServer`."""

    def calls(self, query: dict[str, Any]) -> Iterator[bytes]:
        """Each call that a query finds, as one line of JSON."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WeaveSource:
    """Fetches the calls of one project.

    Attributes:
        server: where it is asked for.
        project: ``entity/project``.
        folder, memory, look_back: see :class:`Keeper`.
        page: calls of one request.
        sleep: waits so many seconds between two attempts.
    """

    server: Calls
    project: str
    folder: Path
    memory: Path
    look_back: timedelta
    page: int = _PAGE
    sleep: Callable[[float], None] = time.sleep
    name: str = "Weave"

    def fetch(self, now: datetime) -> Fetched:
        """Write the calls that have ended since the last fetch into files.

        Raises:
            SourceError: when the server refuses, stays away, or sends what is no call.
        """
        keeper = Keeper(self.folder, self.memory, self.look_back, now)
        try:
            return keeper.keep(self._found(keeper.since_ms))
        except ChatError as error:
            raise SourceError(f"Weave's calls cannot be fetched ({error}): see {_SETTINGS}") from error

    def _found(self, since_ms: int) -> Iterator[Found]:
        """Calls from then on, oldest first, each once.

        A page begins where the last call began, since an offset into what is still growing would skip some; so does
        an attempt after a failure, and what was given is not given again.
        """
        given: dict[tuple[str, bool], int] = {}  # a server may still have a call as it began beside what it became
        start_ms, offset, failures = since_ms, 0, 0
        while True:
            met, newest, broken = 0, start_ms, False
            try:
                for line in self.server.calls(self._query(start_ms, offset)):
                    call = _call(line, newest)
                    met, newest = met + 1, max(newest, call.at_ms)
                    key = (call.id, call.line is None)
                    if key not in given:
                        given[key], failures = call.at_ms, 0
                        yield call
            except RetryLaterError as failure:
                failures, broken = failures + 1, True
                self.sleep(_wait(failure, failures))
            if not broken and met < self.page:
                return
            if newest > start_ms:
                start_ms, offset = newest, 0
                given = {key: at for key, at in given.items() if at >= start_ms}
            else:
                offset += met  # more calls than a page has began in this millisecond

    def _query(self, start_ms: int, offset: int) -> dict[str, Any]:
        began = [{"$getField": "started_at"}, {"$literal": start_ms / 1000}]
        return {
            "project_id": self.project,
            "query": {"$expr": {"$gte": began}},
            "sort_by": [{"field": "started_at", "direction": "asc"}, {"field": "id", "direction": "asc"}],
            "limit": self.page,
            "offset": offset,
            "include_feedback": True,
        }


def _call(line: bytes, before_ms: int) -> Found:
    """A call, known as far as fetching it needs. A line that cannot be read is kept for the quarantine."""
    is_whole, line = line.endswith(b"\n"), line.rstrip(b"\r\n") + b"\n"
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        if not is_whole:
            raise RetryLaterError("the stream broke off in the middle of a call") from error
        return Found(f"no JSON: {hashlib.sha256(line).hexdigest()}", before_ms, lambda: line)
    name = found.get("id") if isinstance(found, dict) else None
    if not isinstance(name, str):
        raise ChatError(f"what came is no call: {line[:200]!a}")
    try:
        at_ms = from_iso(found.get("started_at"), "started_at") // 1_000_000
    except BadSpanError:
        at_ms = before_ms
    return Found(name, at_ms, (lambda: line) if found.get("ended_at") else None)


def _wait(failure: RetryLaterError, failures: int) -> float:
    """How long to wait before the next attempt, in seconds: as the server asks, or longer each time.

    Raises:
        ChatError: when there is none.
    """
    if failures >= _ATTEMPTS:
        raise ChatError(f"{failure}; attempt {failures} of {_ATTEMPTS}") from failure
    if failure.retry_after_s is None:
        return random.uniform(0.5, 1) * 2.0 ** (failures - 1)
    if failure.retry_after_s > _LONGEST_WAIT_S:
        raise ChatError(f"{failure}; it asks to come back in {failure.retry_after_s:.0f} s") from failure
    return failure.retry_after_s
