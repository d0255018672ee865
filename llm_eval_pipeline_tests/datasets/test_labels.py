"""Calibration labels: the prompts that the dataset keeps away from."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_eval_pipeline.datasets.examples import DatasetError
from llm_eval_pipeline.datasets.labels import load_label_prompts
from llm_eval_pipeline.settings import REPOSITORY


def test_the_shipped_labels_have_prompts() -> None:
    prompts = load_label_prompts(REPOSITORY / "data" / "labels" / "judge_labels.jsonl")
    assert "Until when can I send something back that I do not like?" in prompts


def test_without_a_file_there_are_none(tmp_path: Path) -> None:
    assert load_label_prompts(tmp_path / "none.jsonl") == []


def test_a_line_that_is_no_label_is_named(tmp_path: Path) -> None:
    (tmp_path / "labels.jsonl").write_text('{"prompt": "a"}\n{"output": "b"}\n')
    with pytest.raises(DatasetError, match=r"line 2: prompt: Field required"):
        load_label_prompts(tmp_path / "labels.jsonl")
