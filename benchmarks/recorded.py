"""Real, published data: where it is, when ``LLM_EVAL_SHARED_DATA`` names an optional folder that holds it."""

from __future__ import annotations

from pathlib import Path

from benchmarks.table import Row
from llm_eval_pipeline.settings import Settings


def recorded(*names: str) -> list[Path] | None:
    """The files, or None when one of them is not there."""
    folder = Settings.load().shared_data
    files = [folder / name for name in names]
    return files if folder != Path() and all(file.is_file() for file in files) else None


def absent(what: str, name: str) -> Row:
    """The row of a benchmark that has nothing to measure on."""
    return Row(what=what, who="ours", result="not measured", note=f"LLM_EVAL_SHARED_DATA names no folder with {name}/")
