"""An endpoint under pressure: 5 % of the answers are 429 with ``Retry-After: 1``, 1 % are 500; beside a quiet one.

The waits asked for are counted by the endpoint, in two ways. *Running*: the time in which at least one ``Retry-After``
was running, each from its 429 on; a client that holds everything back after a 429 waits that long. *By place*: all
``Retry-After`` seconds added up, over the 64 places; what it costs when only the refused call waits and the other
places go on. The ratios say how much of what is allowed by each way of counting was used.

A score is one by accident when the endpoint's judge did not give it: for ours one of another value than every
judgement has, or beyond their number; for other tools a failed grade, since the judge always passes.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

from benchmarks.endpoint import AT_ONCE, QUIET, Bench, Run
from benchmarks.loopback.process import Loopback
from benchmarks.loopback.replies import SCORE
from benchmarks.peers.environments import PEERS, NotInstalledError, Peer, install
from benchmarks.table import Options, Row, say, seconds

PRESSED = replace(QUIET, share_429=0.05, retry_after_s=1, share_500=0.01)
RUNS = 5
BESIDE = ("inspect_ai", "promptfoo")


def rows(options: Options) -> Iterator[Row]:
    """Ours quiet and pressed in turns, and other tools once each."""
    count = 100 if options.quick else 1000
    what = f"{2 * count:,} calls, 5 % 429 with Retry-After 1 s, 1 % 500"
    with Loopback() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server=server, folder=Path(folder), count=count)
        quiet, pressed = [], []
        for number in range(1 if options.quick else min(options.runs, RUNS)):
            say(f"quiet and under pressure, {number + 1}")
            quiet.append(bench.ours(f"quiet-{number}", QUIET))
            pressed.append(bench.ours(f"pressed-{number}", replace(PRESSED, seed=number + 1)))
        yield from _rows(what, "ours", quiet, pressed, [run.calls_s for run in quiet], [r.calls_s for r in pressed])
        for peer in PEERS if options.peer_runs else ():
            if peer.script in BESIDE:
                say(peer.name)
                yield from _peer_rows(what, peer, bench)


def _peer_rows(what: str, peer: Peer, bench: Bench) -> Iterator[Row]:
    try:
        who = f"{peer.name} {install(peer)}"
    except NotInstalledError as error:
        yield Row(what=what, who=peer.name, result="not installed", note=str(error))
        return
    quiet, pressed = [bench.peer(peer, "quiet", QUIET)], [bench.peer(peer, "pressed", PRESSED)]
    yield from _rows(what, who, quiet, pressed, [run.process_s for run in quiet], [run.process_s for run in pressed])


def _rows(
    what: str, who: str, quiet: Sequence[Run], pressed: Sequence[Run], quiet_s: list[float], pressed_s: list[float]
) -> Iterator[Row]:
    for run in (*quiet, *pressed):
        if run.failure:
            yield Row(what=what, who=who, result="not complete", note=run.failure)
            return
    allowed_s = 1.25 * median(quiet_s)
    running = [run.seen["waits_running_s"] for run in pressed]
    by_place = [run.seen["asked_to_wait_s"] / AT_ONCE for run in pressed]
    shares = [
        median(took / (allowed_s + wait) for took, wait in zip(pressed_s, waits, strict=True))
        for waits in (running, by_place)
    ]
    yield Row(
        what=what,
        who=who,
        result=seconds(pressed_s),
        ratio=f"{shares[0]:.2f} running, {shares[1]:.2f} by place",
        goal="at most 1.25 × quiet + waits",
        note=f"quiet {seconds(quiet_s)}; waits running {median(running):.1f} s, by place {median(by_place):.1f} s",
    )
    yield Row(
        what=what,
        who=f"{who}, the rows",
        result=f"{sum(r.scored for r in pressed):,} of {sum(r.scored for r in quiet):,} scored",
        ratio=f"{sum(by_accident(run) for run in pressed)} by accident",
        goal="all, none by accident",
        note=" + ".join(f"{run.seen['throttled']} × 429 and {run.seen['failed']} × 500" for run in pressed),
    )


def by_accident(run: Run) -> int:
    """How many of a run's scores no judgement stands behind."""
    if "by_accident" in run.told:
        return int(run.told["by_accident"])
    if run.scored and not run.told["lowest"] == run.told["highest"] == SCORE:
        return run.scored
    return max(0, run.scored - run.judged)
