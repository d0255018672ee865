from __future__ import annotations

import errno
import fcntl
import os
import shutil
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.production.readers.framing import delimited
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.files import Rotation, SpanFiles
from llm_eval_pipeline.receiver.open_file import Disk
from llm_eval_pipeline.receiver.otlp_json import OtlpJson
from llm_eval_pipeline.receiver.otlp_protobuf import OtlpProtobuf
from llm_eval_pipeline.receiver.taking import ENCODINGS
from llm_eval_pipeline_tests.receiver.running import Running, finished, protobuf, spans_in, until

PB, JSONL = OtlpProtobuf(), OtlpJson()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "landing" / "receiver"


class SmallDisk(Disk):
    """A disk that has only so much room."""

    def __init__(self, room: int) -> None:
        self.room = room

    def write(self, file: int, data: memoryview) -> int:
        if not self.room:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        written = os.write(file, data[: self.room])
        self.room -= written
        return written


def test_a_file_is_named_by_the_day_it_came_and_hidden_while_it_is_open(folder: Path) -> None:
    files = SpanFiles(folder, ENCODINGS, Counts())
    files.append(PB, delimited(protobuf("a")))
    (hidden,) = folder.iterdir()
    assert hidden.name.startswith(f".{datetime.now(UTC).date()}.")
    files.finish_all()
    (final,) = folder.iterdir()
    assert f".{final.name}" == hidden.name
    assert spans_in(folder) == ["a"]


@pytest.mark.parametrize(
    ("rotation", "count"), [(Rotation(age_s=0), 2), (Rotation(quiet_s=0), 2), (Rotation(size=100), 2), (Rotation(), 1)]
)
def test_a_file_is_finished_when_it_is_old_quiet_or_large(folder: Path, rotation: Rotation, count: int) -> None:
    files = SpanFiles(folder, ENCODINGS, Counts(), rotation)
    record = delimited(protobuf("a"))
    assert 50 < len(record) < 100
    for _ in range(2):
        files.append(PB, record)
        files.finish_due()
    files.finish_all()
    assert len(finished(folder)) == count
    assert spans_in(folder) == ["a", "a"]


def test_a_file_holds_what_came_on_one_day(folder: Path) -> None:
    clock = FakeClock(datetime(2026, 3, 30, 23, 59, 59, tzinfo=UTC))
    files = SpanFiles(folder, ENCODINGS, Counts(), clock=clock)
    for name in ("a", "b"):
        files.append(PB, delimited(protobuf(name)))
        clock.advance(timedelta(seconds=1))
    files.finish_all()
    assert [path.name[:18] for path in finished(folder)] == ["2026-03-30.235959-", "2026-03-31.000000-"]
    assert spans_in(folder) == ["a", "b"]


def test_a_crash_costs_no_whole_record_and_leaves_no_part_of_one(folder: Path) -> None:
    folder.mkdir(parents=True)
    whole = delimited(protobuf("a")) + delimited(protobuf("b"))
    lines = JSONL.start + b'{"resourceSpans":[1]}\n'
    tails = {"torn": delimited(protobuf("c"))[:-1], "void": bytes(4096), "none": b"", "holed": b"\xd0\x00" + bytes(80)}
    for name, tail in tails.items():
        (folder / f".2026-03-30.{name}.otlp.pb").write_bytes(whole + tail)
    for name, tail in {"torn": b'{"resourceSpans"', "void": bytes(99), "holed": bytes(9) + b"\n"}.items():
        (folder / f".2026-03-30.{name}.otlp.jsonl").write_bytes(lines + tail)
    (folder / ".2026-03-30.empty.otlp.jsonl").write_bytes(JSONL.start[:5])
    (folder / ".2026-03-30.empty.otlp.pb").write_bytes(b"\x8a")
    counts = Counts()
    SpanFiles(folder, ENCODINGS, counts)
    assert {path.read_bytes() for path in folder.glob("*.pb")} == {whole}
    assert {path.read_bytes() for path in folder.glob("*.jsonl")} == {lines}
    assert (counts.files, len(list(folder.iterdir()))) == (7, 7)


def test_recovery_leaves_a_living_receivers_file_alone(folder: Path) -> None:
    one = SpanFiles(folder, ENCODINGS, Counts())
    one.append(PB, delimited(protobuf("a")))
    two = SpanFiles(folder, ENCODINGS, Counts())
    assert finished(folder) == []
    two.append(PB, delimited(protobuf("c")))
    one.append(PB, delimited(protobuf("b")))
    one.finish_all()
    two.finish_all()
    assert sorted(spans_in(folder)) == ["a", "b", "c"]


def test_receivers_that_start_while_others_begin_files_hurt_nobody(folder: Path) -> None:
    def fill(number: int) -> None:
        files = SpanFiles(folder, ENCODINGS, Counts(), Rotation(size=1))
        for turn in range(30):
            files.append(PB, delimited(protobuf(f"{number}-{turn}")))
            SpanFiles(folder, ENCODINGS, Counts())
        files.finish_all()

    threads = [threading.Thread(target=fill, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(spans_in(folder)) == Counter(f"{number}-{turn}" for number in range(3) for turn in range(30))
    assert list(folder.glob(".*")) == []


def test_what_a_full_disk_took_in_part_is_cut_off_and_what_was_there_stays(folder: Path) -> None:
    record = delimited(protobuf("a"))
    disk = SmallDisk(len(record) * 2 + 10)
    files = SpanFiles(folder, ENCODINGS, Counts(), disk=disk)
    files.append(PB, record)
    files.append(PB, record)
    with pytest.raises(OSError, match="No space"):
        files.append(PB, record)
    assert finished(folder)[0].read_bytes() == record * 2
    with pytest.raises(OSError, match="No space"):
        files.append(JSONL, b'{"resourceSpans":[1]}\n')
    disk.room = 1 << 20
    files.append(PB, record)
    files.finish_all()
    assert spans_in(folder) == ["a"] * 3
    assert len(list(folder.iterdir())) == 2


def test_a_full_disk_is_503_with_retry_after_until_it_has_room_again(folder: Path) -> None:
    disk = SmallDisk(100)
    with Running(folder, disk=disk) as running:
        assert running.post(protobuf("a")).status == 200
        answer = running.post(protobuf("b"))
        assert (answer.status, answer.headers["retry-after"]) == (503, "10")
        assert b"No space left" in answer.body
        unwell = running.ask("GET", "/health")
        assert unwell.status == 503
        assert b"No space left" in unwell.body
        disk.room = 1 << 20
        until(lambda: running.ask("GET", "/health").status == 200)  # it finds out by itself
        assert running.post(protobuf("b")).status == 200
    assert spans_in(folder) == ["a", "b"]


def test_a_file_whose_lock_is_held_elsewhere_waits(folder: Path) -> None:
    folder.mkdir(parents=True)
    path = folder / ".2026-03-30.other.otlp.pb"
    path.write_bytes(delimited(protobuf("a")))
    with path.open("rb") as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        SpanFiles(folder, ENCODINGS, Counts())
        assert finished(folder) == []
    SpanFiles(folder, ENCODINGS, Counts())
    assert spans_in(folder) == ["a"]


class WatchedDisk(Disk):
    """Says in which order it was written and synced, and fails to sync when told to."""

    def __init__(self) -> None:
        self.done: list[str] = []
        self.fails = False

    def write(self, file: int, data: memoryview) -> int:
        self.done.append("write")
        return super().write(file, data)

    def sync(self, file: int) -> None:
        self.done.append("sync")
        if self.fails:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        super().sync(file)


def test_every_200_was_synced(folder: Path) -> None:
    disk = WatchedDisk()
    with Running(folder, disk=disk) as running:
        for _ in range(3):
            running.post(protobuf("a"))
    assert disk.done == ["write", "sync"] * 3


def test_what_could_not_be_synced_is_refused_and_not_kept(folder: Path) -> None:
    disk = WatchedDisk()
    with Running(folder, disk=disk) as running:
        assert running.post(protobuf("a")).status == 200
        disk.fails = True
        assert running.post(protobuf("b")).status == 503
        disk.fails = False
        assert running.post(protobuf("c")).status == 200
    assert sorted(spans_in(folder)) == ["a", "c"]
    assert len(finished(folder)) == 2


def test_a_landing_folder_that_is_emptied_costs_nothing_that_comes_later(folder: Path) -> None:
    with Running(folder) as running:
        assert running.post(protobuf("a")).status == 200
        shutil.rmtree(folder.parent)
        assert running.post(protobuf("b")).status == 200
    assert spans_in(folder) == ["b"]


class FaultyDisk(Disk):
    """A disk whose driver has a fault: the first write is cut, and the error is none of the system's."""

    writes = 0

    def write(self, file: int, data: memoryview) -> int:
        self.writes += 1
        if self.writes == 2:
            os.write(file, data[:5])
            raise MemoryError
        return super().write(file, data)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_an_error_that_is_not_the_disks_leaves_nobody_waiting_and_no_part_of_a_record(folder: Path) -> None:
    with Running(folder, disk=FaultyDisk()) as running:
        assert running.post(protobuf("a")).status == 200
        assert running.post(protobuf("b")).status == 500
        assert running.post(protobuf("c")).status == 200
    assert sorted(spans_in(folder)) == ["a", "c"]
