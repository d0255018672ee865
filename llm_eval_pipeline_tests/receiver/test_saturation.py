from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

import pytest

from llm_eval_pipeline.receiver.open_file import Disk
from llm_eval_pipeline_tests.receiver.running import Running, finished, protobuf, spans_in, until


class HeldDisk(Disk):
    """A disk that waits until it is let go, and counts what it is given."""

    def __init__(self) -> None:
        self.free = threading.Event()
        self.writes = 0

    def write(self, file: int, data: memoryview) -> int:
        self.free.wait(20)
        self.writes += 1
        return super().write(file, data)


def _post_at_once(running: Running, names: list[str], statuses: dict[str, int], **more: str) -> list[threading.Thread]:
    def post(name: str) -> None:
        statuses[name] = running.post(protobuf(name, **more)).status

    threads = [threading.Thread(target=post, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    return threads


def test_requests_over_the_bound_are_429_at_once_and_every_200_is_on_disk(tmp_path: Path) -> None:
    disk, statuses = HeldDisk(), dict[str, int]()
    with Running(tmp_path / "receiver", requests=4, disk=disk) as running:
        threads = _post_at_once(running, [f"s{i}" for i in range(20)], statuses)
        until(lambda: len(statuses) == 16)  # refused while the disk holds the four
        assert set(statuses.values()) == {429}
        answer = running.post(protobuf("one more"))
        assert (answer.status, answer.headers["retry-after"]) == (429, "1")
        assert running.health()["under_way"]["requests"] == 4
        disk.free.set()
        for thread in threads:
            thread.join()
    assert Counter(statuses.values()) == {200: 4, 429: 16}
    assert sorted(spans_in(tmp_path / "receiver")) == sorted(name for name, status in statuses.items() if status == 200)


def test_bytes_over_the_bound_are_429(tmp_path: Path) -> None:
    disk, statuses = HeldDisk(), dict[str, int]()
    with Running(tmp_path / "receiver", memory=250_000, disk=disk) as running:
        threads = _post_at_once(running, ["a", "b", "c"], statuses, text="x" * 100_000)
        until(lambda: len(statuses) == 1)
        assert list(statuses.values()) == [429]
        disk.free.set()
        for thread in threads:
            thread.join()
        assert running.health()["under_way"] == {"requests": 0, "bytes": 0}
        assert running.post(protobuf("d", text="x" * 100_000)).status == 200
    assert len(spans_in(tmp_path / "receiver")) == 3


def test_requests_that_wait_for_the_disk_share_its_next_write(tmp_path: Path) -> None:
    disk, statuses = HeldDisk(), dict[str, int]()
    with Running(tmp_path / "receiver", disk=disk) as running:
        threads = _post_at_once(running, ["first"], statuses)
        until(lambda: running.health()["under_way"]["requests"] == 1)
        threads += _post_at_once(running, [f"s{i}" for i in range(30)], statuses)
        until(lambda: running.health()["under_way"]["requests"] == 31)
        disk.free.set()
        for thread in threads:
            thread.join()
    assert disk.writes <= 3
    assert len(finished(tmp_path / "receiver")) == 1
    assert len(spans_in(tmp_path / "receiver")) == 31


@pytest.mark.parametrize(("requests", "idle"), [(64, 0), (1, 3)])
def test_nobody_waits_for_others_when_no_others_can_come(tmp_path: Path, requests: int, idle: int) -> None:
    with ExitStack() as connected, Running(tmp_path / "receiver", requests=requests, pace_s=20) as running:
        for _ in range(idle):
            connected.enter_context(socket.create_connection(("127.0.0.1", running.port)))
        begun = time.monotonic()
        assert [running.post(protobuf(name)).status for name in "abc"] == [200] * 3
        assert time.monotonic() - begun < 10


def test_what_is_under_way_when_it_stops_is_still_taken(tmp_path: Path) -> None:
    disk, statuses = HeldDisk(), dict[str, int]()
    with Running(tmp_path / "receiver", disk=disk) as running:
        (thread,) = _post_at_once(running, ["last"], statuses)
        until(lambda: running.health()["under_way"]["requests"] == 1)
        threading.Timer(0.5, disk.free.set).start()
    thread.join()
    assert statuses == {"last": 200}
    assert spans_in(tmp_path / "receiver") == ["last"]
