"""Weights & Biases: one run per week and model, under an id that stays the same.

Offline mode writes runs to a folder, which ``wandb sync`` sends later. A note beside them holds what was told last, so
a repeat tells nothing, and a change replaces the offline run that had not been sent.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from llm_eval_pipeline.sinks.record import Record

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WandbSink:
    """Tells W&B; runs and notes are kept in the folder ``wandb`` below ``folder``."""

    folder: Path
    project: str
    mode: Literal["offline", "online"]

    def tell(self, told: Sequence[Record]) -> frozenset[str]:
        """Bring W&B in step with the records, and return the ids of the runs that were written."""
        changed = [record for record in told if self._note(record).get("fingerprint") != record.fingerprint]
        if not changed:
            return frozenset()
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        folders = {record.run_id: self._write(record) for record in changed}
        wandb.teardown()  # its process has written all files when this returns
        for record in changed:
            self._write_note(record, folders[record.run_id])
        return frozenset(folders)

    def _note_path(self, record: Record) -> Path:
        return self.folder / "wandb" / "told" / f"{record.run_id}.json"

    def _note(self, record: Record) -> dict[str, str]:
        path = self._note_path(record)
        note: dict[str, str] = orjson.loads(path.read_bytes()) if path.exists() else {}
        return note if note.get("mode") == self.mode else {}

    def _write(self, record: Record) -> str:
        """Write a run, and return its folder below ``folder``."""
        import wandb

        before = self._note(record).get("folder")
        if before and self.mode == "offline":
            shutil.rmtree(self.folder / before, ignore_errors=True)
        self.folder.mkdir(parents=True, exist_ok=True)
        run = wandb.init(
            project=self.project,
            id=record.run_id,
            name=record.name,
            group=record.week,
            job_type="evaluation",
            config=record.config,
            dir=str(self.folder),
            mode=self.mode,
            resume="allow" if self.mode == "online" else None,
            settings=_settings(wandb),
        )
        with run:
            run.log({**record.metrics, **{name: _table(wandb, rows) for name, rows in record.tables.items()}})
        return os.path.relpath(Path(run.dir).parent, self.folder)

    def _write_note(self, record: Record, folder: str) -> None:
        note = {"fingerprint": record.fingerprint, "mode": self.mode, "folder": folder}
        path = self._note_path(record)
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(".draft")
        draft.write_bytes(orjson.dumps(note))
        draft.replace(path)


def _settings(wandb: Any) -> Any:
    """Nothing of the machine or the repository belongs into an evaluation, and looking for it takes time."""
    return wandb.Settings(
        silent=True,
        console="off",
        disable_git=True,
        disable_code=True,
        disable_job_creation=True,
        x_disable_stats=True,
        x_disable_meta=True,
        x_disable_machine_info=True,
        x_save_requirements=False,
    )


def _table(wandb: Any, rows: Sequence[dict[str, Any]]) -> Any:
    columns = list(rows[0]) if rows else ["example_id"]
    data = [[row[column] for column in columns] for row in rows]
    return wandb.Table(columns=columns, data=data, allow_mixed_types=True)  # or each cell's type is worked out
