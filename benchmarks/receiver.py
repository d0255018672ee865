"""What taking spans costs: 14,000 operations a minute, one in each request and 50, and as many as fit.

The receiver is a process of its own. Its seconds of a core are user's and system's, from the first request to the last
answer; what it took before, to start, is not in them. Afterwards the spans in its files are counted.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.otlp.load import Answers, send
from benchmarks.otlp.process import ReceiverProcess
from benchmarks.otlp.requests import request
from benchmarks.table import Options, Row

PER_MINUTE = 14_000
GOAL = "under 10 % of a core, each 200 on disk"
_FULL = 16


def rows(options: Options) -> Iterator[Row]:
    """One span in each request, 50 in each, and more than is let in."""
    seconds = 3.0 if options.quick else options.seconds
    for spans in (1, 50):
        yield _row(spans, seconds)
    yield _row(1, min(seconds, 20.0), full=True)


def _row(spans: int, seconds: float, *, full: bool = False) -> Row:
    settings = {"RECEIVER_REQUESTS": _FULL} if full else {}
    with tempfile.TemporaryDirectory() as folder:
        with ReceiverProcess(Path(folder), **settings) as receiver:
            before = receiver.cpu_s()
            per_s = None if full else PER_MINUTE / 60 / spans
            sending = send(receiver.port, lambda: request(spans), seconds=seconds, connections=32, per_s=per_s)
            answers = asyncio.run(sending)
            cpu, memory = receiver.cpu_s() - before, receiver.peak_mb()
        found = on_disk(Path(folder))
    if full:
        what = f"as many as fit, {_FULL} at once let in of 32, for {seconds:.0f} s"
        result, goal = f"{answers.statuses[200] / seconds * 60:,.0f} taken a minute", "each 200 on disk, the others 429"
    else:
        what = f"{PER_MINUTE:,} operations a minute, {spans} in a request, for {seconds:.0f} s"
        result, goal = f"{cpu / seconds:.1%} of a core", GOAL
    stored = f"{found:,} spans on disk, {answers.statuses[200] * spans:,} in 200s"
    note = f"{_told(answers)}; {cpu / seconds:.1%} of a core; " if full else f"{_told(answers)}; "
    return Row(what=what, who="ours", result=result, ratio=stored, goal=goal, note=f"{note}{memory:.0f} MB at the most")


def _told(answers: Answers) -> str:
    statuses = ", ".join(f"{count:,} × {status}" for status, count in sorted(answers.statuses.items()))
    return f"{statuses}; {answers.share(0.5) * 1e3:.1f} ms, P99 {answers.share(0.99) * 1e3:.1f} ms"


def on_disk(folder: Path) -> int:
    """How many spans the finished files of a landing folder hold."""
    from llm_eval_pipeline.production.readers import OtlpProtobufReader

    count = 0
    for path in folder.rglob("*.otlp.pb"):
        with path.open("rb") as file:
            count += sum(record.span() is not None for record in OtlpProtobufReader().records(file, path.name))
    return count
