"""What is fetched is kept in files and remembered: nothing twice, nothing lost, nothing by halves."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from llm_eval_pipeline.production.sources.fetching import fetch_all
from llm_eval_pipeline.production.sources.keeping import Found, Keeper, memory_file
from llm_eval_pipeline.production.sources.seam import Fetched, SourceError

NOW = datetime(2026, 4, 1, 6, tzinfo=UTC)
DAY_MS = 86_400_000
NOW_MS = int(NOW.timestamp() * 1000)


def found(name: str, days_ago: float = 0, *, is_open: bool = False) -> Found:
    line = orjson.dumps({"id": name}) + b"\n"
    return Found(name, NOW_MS - int(days_ago * DAY_MS), None if is_open else lambda: line)


@pytest.fixture
def keeper(tmp_path: Path):
    """A keeper as the next run makes it."""
    return lambda days=3: Keeper(tmp_path / "landing", tmp_path / "state" / "seen.json", timedelta(days=days), NOW)


def kept(tmp_path: Path) -> list[str]:
    files = sorted((tmp_path / "landing").glob("*"))
    return [orjson.loads(line)["id"] for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def test_what_was_kept_is_not_kept_again(tmp_path: Path, keeper) -> None:
    assert keeper().keep([found("a", 2), found("b", 1), found("c", 1, is_open=True)]) == Fetched(2, 1)
    assert keeper().keep([found("a", 2), found("b", 1), found("c", 1)]) == Fetched(1, 0)
    assert sorted(kept(tmp_path)) == ["a", "b", "c"]


def test_nothing_new_makes_no_file(tmp_path: Path, keeper) -> None:
    assert keeper().keep([found("a", is_open=True)]) == Fetched(0, 1)
    assert list((tmp_path / "landing").iterdir()) == []


def test_it_looks_back_from_the_newest_that_was_kept(keeper) -> None:
    assert keeper().since_ms == 0
    keeper().keep([found("a", 9), found("b", 2)])
    assert keeper().since_ms == NOW_MS - 5 * DAY_MS  # b is 2 days old, and 3 more


def test_a_clock_that_is_ahead_hides_nobody(tmp_path: Path, keeper) -> None:
    keeper().keep([found("a", 1), found("from the future", -900)])
    assert keeper().since_ms == NOW_MS - 4 * DAY_MS
    assert keeper().keep([found("from the future", -900), found("b")]) == Fetched(1, 0)


def test_only_what_can_come_again_is_remembered(tmp_path: Path, keeper) -> None:
    keeper().keep([found("old", 9), found("a", 4), found("b", 2)])
    keeper().keep([found("c")])
    noted = (tmp_path / "state" / "seen.json").read_bytes().splitlines()
    assert [orjson.loads(line)[0] for line in noted] == ["a", "b", "c"]


def test_a_crash_between_the_file_and_its_note_writes_the_same_file_again(tmp_path: Path, keeper) -> None:
    keeper().keep([found("a", 1), found("b", 1)])
    before = {path: path.read_bytes() for path in (tmp_path / "landing").iterdir()}
    (tmp_path / "state" / "seen.json").unlink()
    assert keeper().keep([found("a", 1), found("b", 1)]) == Fetched(2, 0)
    assert {path: path.read_bytes() for path in (tmp_path / "landing").iterdir()} == before


def test_many_go_into_files_of_some_thousand_each_and_each_is_remembered_at_once(tmp_path: Path, keeper) -> None:
    def broken():
        yield from (found(f"t{i}") for i in range(5000))
        raise SourceError("the source is down")

    with pytest.raises(SourceError):
        keeper().keep(broken())
    assert len(kept(tmp_path)) == 2 * 2048
    assert keeper().keep(found(f"t{i}") for i in range(5000)) == Fetched(5000 - 2 * 2048, 0)
    assert len(set(kept(tmp_path))) == len(kept(tmp_path)) == 5000


def test_large_ones_are_written_before_they_fill_the_memory(tmp_path: Path, keeper) -> None:
    large = orjson.dumps({"id": "x" * (9 << 20)}) + b"\n"
    assert keeper().keep([Found(f"t{i}", NOW_MS, lambda: large) for i in range(5)]) == Fetched(5, 0)
    assert len(list((tmp_path / "landing").iterdir())) == 2  # 4 of 9 MiB are over 32 MiB


def test_ids_lead_out_of_no_folder(tmp_path: Path, keeper) -> None:
    keeper().keep([found("../../escaped")])
    assert [path.parent for path in tmp_path.rglob("*.gz")] == [tmp_path / "landing"]


@pytest.mark.parametrize("data", [b"{\n", b"[]\n", b'["a", "b"]\n', b'{"a": 1}\n', b"\xff\n"])
def test_a_memory_that_is_none_is_said(tmp_path: Path, keeper, data: bytes) -> None:
    memory = tmp_path / "state" / "seen.json"
    memory.parent.mkdir()
    memory.write_bytes(data)
    with pytest.raises(SourceError, match=r"seen\.json does not say what was fetched.*: delete it"):
        keeper()


def test_a_note_that_a_crash_has_cut_counts_for_what_it_holds(tmp_path: Path, keeper) -> None:
    keeper().keep([found("a", 1), found("b", 1)])
    memory = tmp_path / "state" / "seen.json"
    memory.write_bytes(memory.read_bytes()[:-3])
    assert keeper().keep([found("a", 1), found("b", 1)]) == Fetched(1, 0)


def test_another_place_has_another_memory(tmp_path: Path) -> None:
    places = [("http://a",), ("http://b",), ("http://a", "app"), ("http://a", "app", "shop")]
    assert len({memory_file(tmp_path, "mlflow", *place) for place in places}) == len(places)
    assert "//" not in memory_file(tmp_path, "mlflow", "http://user:secret@a").name


class _Source:
    def __init__(self, name: str, fault: str = "") -> None:
        self.name, self._fault = name, fault

    def fetch(self, now: datetime) -> Fetched:
        if self._fault:
            raise SourceError(self._fault)
        return Fetched(1, 0)


def test_a_source_that_is_down_keeps_nobody_else() -> None:
    report = fetch_all([_Source("a", "a is down: see A"), _Source("b"), _Source("c", "c is down: see C")], NOW)
    assert report.fetched == {"b": Fetched(1, 0)}
    assert report.failures == ("a is down: see A", "c is down: see C")
