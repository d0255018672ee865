"""The sample that ships: laying its production traces so that their last week is the week that just ended.

The traces move by whole weeks, so a Monday stays a Monday. ``sample.json`` beside them says by how many, which the
sample answerer needs to know (its releases move along) and the partitions too (their first week does).
"""

from __future__ import annotations

import gzip
import re
import shutil
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import orjson

from llm_eval_pipeline.windows import WEEK, last_complete_week, monday_of, parse_week

NOTE = "sample.json"
_NANOSECONDS_PER_WEEK = int(WEEK / timedelta(microseconds=1)) * 1000
_INSTANT = re.compile(rb'("(?:startTime|endTime|time)UnixNano":\s*"?)(\d{19})\b')
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}")


class SampleError(ValueError):
    """The sample cannot be laid or read. The text names the file and what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidSample:
    """Where in time the sample lies: moved by ``shift_weeks``, over ``weeks`` weeks from ``first_week`` on."""

    shift_weeks: int
    first_week: str
    weeks: int

    @property
    def last_week(self) -> str:
        """The newest week that the sample covers."""
        return (parse_week(self.first_week) + (self.weeks - 1) * WEEK).isoformat()


def laid_sample(landing: Path) -> LaidSample | None:
    """What the landing folder says of the sample; None when it holds none.

    Raises:
        SampleError: when the note is damaged.
    """
    note = landing / NOTE
    if not note.exists():
        return None
    try:
        return LaidSample(**orjson.loads(note.read_bytes()))
    except (orjson.JSONDecodeError, TypeError) as error:
        raise SampleError(
            f"{note} is damaged ({error}): remove the folder {landing} and lay the sample again"
        ) from error


def lay_sample(traces: Path, landing: Path, now: datetime) -> LaidSample:
    """Copy the sample into the landing folder, moved so that its last week is the newest that has ended.

    A sample that lies there already stays as it is. The copy is made aside and takes its place in one step.

    Raises:
        SampleError: when ``traces`` holds no span files, or the landing folder holds other files.
    """
    if (there := laid_sample(landing)) is not None:
        return there
    if any(path.is_file() for path in landing.rglob("*")):
        raise SampleError(f"{landing} holds files that are not the sample's: set LLM_EVAL_TRACES to another folder")
    files = sorted(file for file in traces.rglob("*.gz") if _DAY.match(file.name))
    if not files:
        raise SampleError(f"no sample traces: {traces} holds no file named by its day, as 2026-01-05.otlp.jsonl.gz")
    first, last = (monday_of(_day(file)) for file in (files[0], files[-1]))
    shift_weeks = (parse_week(last_complete_week(now)) - last) // WEEK
    laid = LaidSample(
        shift_weeks=shift_weeks,
        first_week=(first + shift_weeks * WEEK).isoformat(),
        weeks=(last - first) // WEEK + 1,
    )
    draft = landing.with_name(f".{landing.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    for file in files:
        moved = (_day(file) + shift_weeks * WEEK).isoformat()
        spans = _moved(gzip.decompress(file.read_bytes()), shift_weeks)
        (draft / _DAY.sub(moved, file.name)).write_bytes(gzip.compress(spans, mtime=0))
    (draft / NOTE).write_bytes(orjson.dumps(asdict(laid), option=orjson.OPT_INDENT_2))
    for folder in sorted(landing.rglob("*"), reverse=True):
        folder.rmdir()  # such as that of a receiver to which nothing was sent
    draft.replace(landing)
    return laid


def _day(file: Path) -> date:
    return date.fromisoformat(file.name[:10])


def _moved(spans: bytes, weeks: int) -> bytes:
    """The text with each of its instants moved; lines that are no JSON keep all but those."""
    by = weeks * _NANOSECONDS_PER_WEEK
    return _INSTANT.sub(lambda match: match[1] + str(int(match[2]) + by).encode(), spans)
