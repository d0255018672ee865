"""An ingest that is killed at any point, again and again, ends with what one that was left alone has."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

from llm_eval_pipeline.production.schema import (
    INGEST_COMPLETENESS,
    INGEST_FILES,
    LANDED_SPANS,
    PRODUCTION_TRACES,
    QUARANTINE,
    TRACE_PROFILES,
    TRACE_SPEND,
)
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import DAY, lay, trace

KILLS = 8
NEXT = "2026-03-31"
TABLES = (INGEST_FILES, LANDED_SPANS, QUARANTINE, PRODUCTION_TRACES, INGEST_COMPLETENESS, TRACE_PROFILES, TRACE_SPEND)
INGEST = """
import sys
from pathlib import Path
from llm_eval_pipeline.production.completeness import stale_days
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.profiles import profile_days
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import price

warehouse = Warehouse(sys.argv[2])
print("begun", flush=True)
land(Path(sys.argv[1]), warehouse, price)
compile_days(stale_days(warehouse), warehouse)
profile_days(sys.argv[3:], warehouse)
"""


def test_whatever_is_killed_the_next_run_finishes_it(landing: Path, tmp_path: Path) -> None:
    for number in range(8):
        day = (DAY, NEXT)[number % 2]
        traces = [trace(f"{number}-{i}", at=f"{day}T12:00:00", ms=10 + i % 90) for i in range(250)]
        # each file has a broken line and a copy of a trace of the file before
        copy = trace(f"{number - 1}-0", at=f"{(DAY, NEXT)[(number - 1) % 2]}T12:00:00", ms=10)
        lay(landing, f"{day}.{number}.jsonl.gz", *traces, b'{"resourceSpans": [', copy)
    took = _run(landing, tmp_path / "alone", kill_after=None)
    chance = random.Random(7)
    for _ in range(KILLS):
        _run(landing, tmp_path / "killed", kill_after=chance.uniform(0, took))
    _run(landing, tmp_path / "killed", kill_after=None)
    alone, killed = (Warehouse(str(tmp_path / name)) for name in ("alone", "killed"))
    for table in TABLES:
        assert alone.partitions(table) == killed.partitions(table) != []
        for partition in alone.partitions(table):
            one, two = (Path(each.path(table, partition)).read_bytes() for each in (alone, killed))
            assert one == two, f"{table.name} of {partition} differs"
    written = [killed.read(PRODUCTION_TRACES, day).num_rows for day in (DAY, NEXT)]
    # of 8 files with 250 traces of 2 spans; the copies in the files 1 to 7 are of traces that are there, that in file 0
    # is of one that is nowhere else
    assert sum(written) == 8 * 250 * 2 + 2
    assert sum(killed.read(QUARANTINE, one).num_rows for one in killed.partitions(QUARANTINE)) == 8


def _run(landing: Path, warehouse: Path, kill_after: float | None) -> float:
    """Ingest in a process of its own; how long it took from when it had imported everything."""
    command = [sys.executable, "-W", "error", "-c", INGEST, str(landing), str(warehouse), DAY, NEXT]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        began = time.monotonic()
        if kill_after is None:
            assert process.wait() == 0
        else:
            time.sleep(kill_after)
            process.kill()
        return time.monotonic() - began
