"""A day of OTLP/JSON to ``production_traces``, against DuckDB's reader of the same file with its columns unnested.

Each is a process of its own, so that its memory is its own; what is timed begins after the imports.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks import otlp_spans
from benchmarks.loopback.process import ROOT
from benchmarks.table import Options, Row, say

GOAL = "100,000 spans/s on 2 cores"
_KILOBYTE = 1024 if sys.platform != "darwin" else 1  # ru_maxrss is in bytes there


def rows(options: Options) -> Iterator[Row]:
    """Landing and compiling, and the floor."""
    count = 4_000 if options.quick else 200_000
    what = f"{count:,} spans of OTLP/JSON to production_traces"
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{otlp_spans.DAY}.jsonl"
        say("writing the spans")
        otlp_spans.write(file, count)
        ours, floor = list[dict[str, Any]](), list[dict[str, Any]]()
        for _ in range(1 if options.quick else min(options.runs, 3)):
            ours.append(_measured("ours", folder))
            floor.append(_measured("floor", folder))
        megabytes = file.stat().st_size / 1e6
    ratio = median(theirs["seconds"] / mine["seconds"] for mine, theirs in zip(ours, floor, strict=True))
    landed = median(each["landed"] for each in ours)
    note = f"{megabytes:,.0f} MB; {landed:.2f} s of it landing; at most {max(e['bytes'] for e in ours) / 1e6:,.0f} MB"
    yield Row(what=what, who="ours", result=_rate(count, ours), ratio=f"{ratio:.1f} × the floor", goal=GOAL, note=note)
    note = f"at most {max(each['bytes'] for each in floor) / 1e6:,.0f} MB"
    yield Row(what=what, who="duckdb read_json, unnested", result=_rate(count, floor), note=note)


def _rate(count: int, measured: list[dict[str, Any]]) -> str:
    seconds = median(each["seconds"] for each in measured)
    return f"{count / seconds:,.0f} spans/s ({seconds:.2f} s)"


def _measured(who: str, folder: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.landing", "--who", who, "--folder", folder]
    found = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, check=True)
    return dict(orjson.loads(found.stdout))


def _ours(folder: Path) -> dict[str, float]:
    from llm_eval_pipeline.costs.prices import price_book
    from llm_eval_pipeline.production.landing import land
    from llm_eval_pipeline.production.traces import compile_days
    from llm_eval_pipeline.storage.warehouse import Warehouse

    prices = price_book(ROOT / "data" / "prices.yaml")
    with tempfile.TemporaryDirectory() as made:
        warehouse = Warehouse(made)
        started = time.perf_counter()
        report = land(folder, warehouse, prices)
        landed = time.perf_counter() - started
        (day,) = compile_days([otlp_spans.DAY], warehouse)
        seconds = time.perf_counter() - started
    if not report.records == report.spans == day.written:
        raise RuntimeError(f"not all spans came through: {report.records}, {report.spans}, {day.written}")
    return {"seconds": seconds, "landed": landed}


def _floor(folder: Path) -> dict[str, float]:
    import duckdb

    (file,) = folder.glob("*.jsonl")
    started = time.perf_counter()
    with duckdb.connect() as engine:
        engine.execute(
            "select count(span.traceId), sum(len(span.attributes)) from (select unnest(scope.spans) as span from ("
            "select unnest(resource.scopeSpans) as scope from ("
            "select unnest(resourceSpans) as resource from read_json(?, format = 'newline_delimited'))))",
            [str(file)],
        ).fetchall()
    return {"seconds": time.perf_counter() - started}


def main() -> None:
    """Do it once, and print as a line of JSON how long it took and how much memory."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--who", choices=("ours", "floor"), required=True)
    parser.add_argument("--folder", type=Path, required=True)
    given = parser.parse_args()
    found = (_ours if given.who == "ours" else _floor)(given.folder)
    found["bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE
    sys.stdout.write(orjson.dumps(found).decode() + "\n")


if __name__ == "__main__":
    main()
