"""The W&B sink, offline: a run's folder is written once, and replaced when the record has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from llm_eval_pipeline.sinks.record import Record
from llm_eval_pipeline.sinks.wandb_sink import WandbSink

RECORD = Record(
    week="2026-03-30",
    model="m",
    config={"week": "2026-03-30", "model": "m"},
    metrics={"eval/quality_mean": 0.8},
    tables={"prediction_table": [{"example_id": "e1", "quality_score": None}], "failure_table": []},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that W&B was told of RECORD once; starting W&B takes a second, so the tests share it, in order."""
    folder = tmp_path_factory.mktemp("state")
    assert told(folder, RECORD) == 1
    return folder


def sink(folder: Path) -> WandbSink:
    return WandbSink(folder=folder, project="tests", mode="offline")


def told(folder: Path, *records: Record) -> int:
    """Tell, and count what was written."""
    return len(sink(folder).tell(records))


def runs(folder: Path) -> list[Path]:
    return sorted((folder / "wandb").glob("offline-run-*"))


def test_an_offline_run_is_written_under_the_records_own_id(folder: Path) -> None:
    (run,) = runs(folder)
    assert run.name.endswith(RECORD.run_id)
    assert (run / f"run-{RECORD.run_id}.wandb").stat().st_size > 0
    held = b"".join(file.read_bytes() for file in run.rglob("*") if file.is_file())
    assert b"eval/quality_mean" in held
    assert len(list(run.rglob("*.table.json"))) == 2


def test_the_note_beside_it_says_what_was_told(folder: Path) -> None:
    note = orjson.loads((folder / "wandb" / "told" / f"{RECORD.run_id}.json").read_bytes())
    assert (note["fingerprint"], note["mode"]) == (RECORD.fingerprint, "offline")
    assert folder / note["folder"] == runs(folder)[0]


def test_the_same_record_again_writes_nothing(folder: Path) -> None:
    before = [(file, file.stat().st_mtime_ns) for file in sorted(folder.rglob("*"))]
    assert told(folder, RECORD) == 0
    assert [(file, file.stat().st_mtime_ns) for file in sorted(folder.rglob("*"))] == before


def test_a_changed_record_takes_the_place_of_its_run(folder: Path) -> None:
    note = folder / "wandb" / "told" / f"{RECORD.run_id}.json"
    before = note.with_name("before")
    before.hardlink_to(note)
    changed = replace(RECORD, metrics={"eval/quality_mean": 0.7, "eval/only_now": 1.0})
    assert told(folder, changed) == 1
    (run,) = runs(folder)
    assert run.name.endswith(RECORD.run_id)
    assert b"eval/only_now" in (run / f"run-{RECORD.run_id}.wandb").read_bytes()
    assert told(folder, changed) == 0
    assert orjson.loads(before.read_bytes())["fingerprint"] == RECORD.fingerprint, "a note is replaced, not overwritten"
    assert [file.name for file in note.parent.iterdir() if file.suffix == ".draft"] == []


def test_no_record_writes_nothing(tmp_path: Path) -> None:
    assert len(sink(tmp_path).tell([])) == 0
    assert list(tmp_path.iterdir()) == []
