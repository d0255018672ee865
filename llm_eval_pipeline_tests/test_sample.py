"""Laying the sample: moved by whole weeks up to the week that just ended, and only once."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from llm_eval_pipeline.sample import NOTE, LaidSample, SampleError, laid_sample, lay_sample

NANOSECONDS_PER_WEEK = 7 * 86_400 * 10**9
MONDAY = 1_767_571_200 * 10**9
"""2026-01-05, midnight UTC."""
NOW = datetime(2026, 4, 8, 12, tzinfo=UTC)
"""A Wednesday: the week that just ended is that of 2026-03-30, eleven weeks after the sample's last."""
BROKEN = b'{"resourceSpans": [{"startTimeUnixNano": "1767571200000000001", "name"'


def span(at: int) -> dict[str, Any]:
    return {
        "traceId": "1767571200000000000aaaaaaaaaaaaa",
        "startTimeUnixNano": str(at),
        "endTimeUnixNano": at + 5,
        "events": [{"timeUnixNano": str(at + 2)}],
        "attributes": [{"key": "text", "value": {"stringValue": "at 1767571200000000000 it was"}}],
    }


@pytest.fixture
def traces(tmp_path: Path) -> Path:
    """Two weeks: a Monday, the Sunday after it, and the Tuesday of the next week."""
    folder = tmp_path / "sample_traces"
    folder.mkdir()
    for day, offset in (("2026-01-05", 0), ("2026-01-11", 6), ("2026-01-13", 8)):
        lines = [json.dumps(span(MONDAY + offset * 86_400 * 10**9)).encode(), BROKEN, b"no json \xff"]
        (folder / f"{day}.otlp.jsonl.gz").write_bytes(gzip.compress(b"\n".join(lines)))
    (folder / "README.md").write_text("no traces")
    return folder


def lines_of(file: Path) -> list[bytes]:
    return gzip.decompress(file.read_bytes()).split(b"\n")


def test_the_last_week_becomes_the_week_that_just_ended(traces: Path, tmp_path: Path) -> None:
    laid = lay_sample(traces, tmp_path / "landing", NOW)
    assert laid == LaidSample(shift_weeks=11, first_week="2026-03-23", weeks=2)
    assert laid.last_week == "2026-03-30"


@pytest.mark.parametrize(
    ("now", "last_week"),
    [
        (datetime(2026, 4, 5, 23, 59, tzinfo=UTC), "2026-03-23"),
        (datetime(2026, 4, 6, tzinfo=UTC), "2026-03-30"),
        (datetime(2025, 6, 4, tzinfo=UTC), "2025-05-26"),
    ],
)
def test_a_week_has_ended_at_midnight_of_monday(traces: Path, tmp_path: Path, now: datetime, last_week: str) -> None:
    assert lay_sample(traces, tmp_path / "landing", now).last_week == last_week


def test_files_keep_their_day_of_the_week(traces: Path, tmp_path: Path) -> None:
    lay_sample(traces, tmp_path / "landing", NOW)
    names = sorted(file.name for file in (tmp_path / "landing").glob("*.gz"))
    assert names == [f"{day}.otlp.jsonl.gz" for day in ("2026-03-23", "2026-03-29", "2026-03-31")]
    assert [date.fromisoformat(name[:10]).weekday() for name in names] == [0, 6, 1]


def test_every_instant_moves_and_nothing_else_does(traces: Path, tmp_path: Path) -> None:
    lay_sample(traces, tmp_path / "landing", NOW)
    moved = json.loads(lines_of(tmp_path / "landing" / "2026-03-23.otlp.jsonl.gz")[0])
    assert moved == span(MONDAY + 11 * NANOSECONDS_PER_WEEK)
    start = datetime.fromtimestamp(int(moved["startTimeUnixNano"]) / 10**9, UTC)
    assert start == datetime(2026, 3, 23, tzinfo=UTC)


def test_malformed_lines_survive(traces: Path, tmp_path: Path) -> None:
    lay_sample(traces, tmp_path / "landing", NOW)
    _, broken, no_json = lines_of(tmp_path / "landing" / "2026-03-23.otlp.jsonl.gz")
    at = 1_767_571_200_000_000_001
    assert broken == BROKEN.replace(str(at).encode(), str(at + 11 * NANOSECONDS_PER_WEEK).encode())
    assert no_json == b"no json \xff"


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {file.name: (file.read_bytes(), file.stat().st_mtime_ns) for file in folder.iterdir()}


def test_laid_again_even_weeks_later_nothing_changes(traces: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    laid = lay_sample(traces, landing, NOW)
    before = contents(landing)
    assert lay_sample(traces, landing, datetime(2026, 6, 1, tzinfo=UTC)) == laid == laid_sample(landing)
    assert contents(landing) == before


def test_a_cut_copy_is_made_again(traces: Path, tmp_path: Path) -> None:
    landing, draft = tmp_path / "landing", tmp_path / ".landing.draft"
    draft.mkdir()
    (draft / "2020-01-06.otlp.jsonl.gz").write_bytes(b"half a fi")
    lay_sample(traces, landing, NOW)
    assert not draft.exists()
    assert "2020-01-06.otlp.jsonl.gz" not in contents(landing)


def test_a_receivers_folder_to_which_nothing_was_sent_is_not_in_the_way(traces: Path, tmp_path: Path) -> None:
    landing = tmp_path / "landing"
    (landing / "receiver").mkdir(parents=True)
    lay_sample(traces, landing, NOW)
    assert laid_sample(landing) is not None


def test_a_folder_with_other_files_is_left_alone(traces: Path, tmp_path: Path) -> None:
    mine = tmp_path / "landing" / "2026-03-23.otlp.jsonl"
    mine.parent.mkdir()
    mine.write_text("mine")
    with pytest.raises(SampleError, match=r"landing holds files that are not the sample's"):
        lay_sample(traces, tmp_path / "landing", NOW)
    assert mine.read_text() == "mine"


@pytest.mark.parametrize("note", ["", "{", "null", "[]", "{}", '{"shift_weeks": 1}', '{"shift": 1, "weeks": 2}'])
def test_a_damaged_note_is_an_error_that_says_what_to_do(traces: Path, tmp_path: Path, note: str) -> None:
    landing = tmp_path / "landing"
    landing.mkdir()
    (landing / NOTE).write_text(note)
    for read in (lambda: laid_sample(landing), lambda: lay_sample(traces, landing, NOW)):
        with pytest.raises(SampleError, match=r"sample\.json is damaged .*remove the folder .*landing and lay"):
            read()


def test_where_no_sample_lies_there_is_none(tmp_path: Path) -> None:
    assert laid_sample(tmp_path / "nowhere") is None


def test_no_traces_is_an_error_that_names_the_folder(tmp_path: Path) -> None:
    with pytest.raises(SampleError, match=r"no sample traces: .*empty holds no file named by its day"):
        lay_sample(tmp_path / "empty", tmp_path / "landing", NOW)
    assert not (tmp_path / "landing").exists()
