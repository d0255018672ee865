"""What the endpoint does to one caller, and what it has seen of it."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How calls are answered.

    ``delay_s`` passes before an answer and before a 500; a 429 comes at once, with ``retry_after_s`` in its header.
    The shares are of all answers, drawn in the order of arrival from ``seed``.
    """

    delay_s: float = 0.05
    share_429: float = 0.0
    retry_after_s: int = 1
    share_500: float = 0.0
    seed: int = 1


@dataclass(slots=True, kw_only=True)
class Tally:
    """What came of one caller's calls.

    ``first_at`` and ``last_at`` are the monotonic seconds of the first arrival and of the last answer.
    ``asked_to_wait_s`` adds up every ``Retry-After``; ``waits_running_s`` is the time in which at least one of them was
    running, each from its 429 on.
    """

    script: Script
    received: int = 0
    answered: int = 0
    judged: int = 0
    throttled: int = 0
    failed: int = 0
    lost: int = 0
    under_way: int = 0
    most_at_once: int = 0
    first_at: float | None = None
    last_at: float | None = None
    asked_to_wait_s: float = 0.0
    waits_running_s: float = 0.0
    prompts: Counter[str] = field(default_factory=Counter)
    waiting: list[tuple[int, Callable[[], object]]] = field(default_factory=list)
    _waits_until: float = 0.0
    _random: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._random = random.Random(self.script.seed)

    def receive(self, prompt: str, now: float) -> int:
        """Count a call, and say which status it gets."""
        self.received += 1
        self.prompts[prompt] += 1
        self.under_way += 1
        self.most_at_once = max(self.most_at_once, self.under_way)
        self.first_at = now if self.first_at is None else self.first_at
        for least, tell in [one for one in self.waiting if one[0] <= self.received]:
            self.waiting.remove((least, tell))
            tell()
        drawn = self._random.random()
        if drawn < self.script.share_429:
            self._ask_to_wait(now)
            return 429
        return 500 if drawn < self.script.share_429 + self.script.share_500 else 200

    def finish(self, status: int, *, judges: bool, lost: bool, now: float) -> None:
        """Count what a call got; ``lost`` when the caller had gone."""
        self.under_way -= 1
        self.last_at = now
        if lost:
            self.lost += 1
        elif status == 200:
            self.answered += 1
            self.judged += judges
        elif status == 429:
            self.throttled += 1
        else:
            self.failed += 1

    def _ask_to_wait(self, now: float) -> None:
        wait = self.script.retry_after_s
        self.asked_to_wait_s += wait
        self.waits_running_s += now + wait - max(now, self._waits_until)
        self._waits_until = now + wait

    def told(self, *, prompts: bool) -> dict[str, Any]:
        """The counts, and on demand how often each prompt came."""
        names = (
            "received",
            "answered",
            "judged",
            "throttled",
            "failed",
            "lost",
            "under_way",
            "most_at_once",
            "first_at",
            "last_at",
            "asked_to_wait_s",
            "waits_running_s",
        )
        return {name: getattr(self, name) for name in names} | ({"prompts": self.prompts} if prompts else {})
