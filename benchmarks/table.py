"""What a benchmark found, and how it is shown: a line as soon as it is known, a Markdown table for the docs."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from statistics import median


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line: what was done, by whom, how it came out, against what, what the goal is, and what else to know.

    All are texts, ready to be read; an empty one is not known or does not apply.
    """

    what: str
    who: str
    result: str
    ratio: str = ""
    goal: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How thoroughly is measured.

    ``runs`` of ours and of what is fast, ``peer_runs`` of the other tools; none of them when ``peer_runs`` is 0.
    ``kills`` random kills, ``examples`` for the memory, ``seconds`` that a load is held. ``quick`` only shows that
    everything works.
    """

    runs: int = 5
    peer_runs: int = 1
    kills: int = 100
    examples: int = 100_000
    seconds: float = 60.0
    quick: bool = False


COLUMNS = tuple(field.name for field in fields(Row))
_WIDTHS = {"what": 54, "who": 28, "result": 26, "ratio": 24, "goal": 30, "note": 0}


def line(row: Row) -> str:
    """The row as a line of text."""
    return "  ".join(f"{getattr(row, name):{_WIDTHS[name]}}" for name in COLUMNS).rstrip()


def markdown(rows: Iterable[Row]) -> str:
    """The rows as a Markdown table."""
    lines = ["| " + " | ".join(COLUMNS) + " |", "| " + " | ".join("---" for _ in COLUMNS) + " |"]
    lines += ["| " + " | ".join(getattr(row, name).replace("|", "\\|") for name in COLUMNS) + " |" for row in rows]
    return "\n".join(lines) + "\n"


def machine() -> str:
    """When and where, in a sentence: figures say little without it."""
    load = f", load average {os.getloadavg()[0]:.1f} before it began" if hasattr(os, "getloadavg") else ""
    return (
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {platform.system()} {platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}{load}"
    )


def seconds(measured: list[float]) -> str:
    """The median, and what it lies between where there are several."""
    middle = median(measured)
    spread = f" ({min(measured):.2f} to {max(measured):.2f})" if len(measured) > 1 else ""
    return f"{middle:.2f} s{spread}"


def say(progress: str) -> None:
    """Progress of long work, beside the table."""
    sys.stderr.write(f"  … {progress}\n")
    sys.stderr.flush()
