"""The examples of a benchmark: as many as wanted, no two alike, each of a few hundred characters."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import orjson

from benchmarks.loopback.replies import QUESTION

MATERIAL = "The council met on the second of March and heard the water company on its new tariff. " * 3


def pairs(count: int) -> Iterator[tuple[str, str]]:
    """Question and reference answer."""
    for number in range(count):
        yield (
            f"{QUESTION}{number:06}: {MATERIAL}Why was tariff number {number} raised, and when?",
            f"Tariff number {number} was raised in March, since the older one no longer covered the cost.",
        )


def write(path: Path, count: int) -> Path:
    """The examples as JSON lines (``question``, ``reference``), for tools that are run from outside."""
    with path.open("wb") as file:
        for question, reference in pairs(count):
            file.write(orjson.dumps({"question": question, "reference": reference}) + b"\n")
    return path
