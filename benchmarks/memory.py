"""The most memory that a week's evaluation takes: each asset of the graph over 100,000 examples, in one process.

A question has about 330 characters and an answer 430; the models are Python callables, so that nothing waits. The
examples are written by this process, and the assets run in another, whose resident memory is what counts.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from benchmarks import examples
from benchmarks.loopback.process import ROOT
from benchmarks.table import Options, Row, say

GOAL = "under 500 MB"


def rows(options: Options) -> Iterator[Row]:
    """One row for each asset, and the most of all."""
    from llm_eval_pipeline.defs.partitions import WEEKLY

    count = 1000 if options.quick else options.examples
    week = WEEKLY.get_first_partition_key()
    assert week is not None
    what = f"memory of an evaluation of {count:,} examples"
    with tempfile.TemporaryDirectory() as folder:
        say("writing the examples")
        _write_examples(folder, week, count)
        most = 0.0
        for told in _evaluated(folder, week):
            megabytes = told["bytes"] / 1e6
            most = max(most, megabytes)
            yield Row(what=what, who=told["asset"], result=f"{megabytes:,.0f} MB", note=f"{told['seconds']:.1f} s")
    yield Row(what=what, who="ours, the most", result=f"{most:,.0f} MB", goal=GOAL)


def _write_examples(folder: str, week: str, count: int) -> None:
    from llm_eval_pipeline.datasets.examples import Example
    from llm_eval_pipeline.datasets.schema import EVAL_DATASET
    from llm_eval_pipeline.storage.warehouse import Warehouse

    written = [Example(prompt=q, reference=r, feature="qa").row("bench") for q, r in examples.pairs(count)]
    Warehouse(str(Path(folder) / "warehouse")).write(EVAL_DATASET, week, written)


def _evaluated(folder: str, week: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", "benchmarks.whole_evaluation", "--folder", folder, "--week", week]
    with tempfile.TemporaryFile() as errors:
        with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors) as process:
            assert process.stdout is not None
            for line in process.stdout:
                yield orjson.loads(line)
        if process.returncode:
            errors.seek(0)
            raise RuntimeError(f"the evaluation failed: {errors.read().decode('utf-8', 'replace')[-2000:]}")
