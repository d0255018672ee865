"""1,000 examples, generation and then a judge: 2,000 calls of 50 ms, 64 at a time; ours, bare clients, other tools.

Each is a whole process, from its start to its end, imports and reports included. The calls alone are what the endpoint
saw, from the first call's arrival to the last answer; for ours they are what the engine's own process measured, from
before the ledger is opened until every judge reply is a parsed score, which is more. A figure counts only when the
endpoint really got one call for each question and one for each score; a tool that is stopped at its bound is reported
with what it had done.
"""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from benchmarks import examples, ours
from benchmarks.loopback.process import ROOT, Loopback
from benchmarks.loopback.tally import Script
from benchmarks.peers.environments import PEERS, NotInstalledError, Peer, environment, install
from benchmarks.table import Options, Row, say, seconds

AT_ONCE = 64
QUIET = Script(delay_s=0.05)
GOAL_CALLS = "calls at most 1.3 × ideal"
GOAL_PROCESS = "process at most 3 s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One evaluation as a process: seconds, what it said at its end, and what the endpoint counted.

    ``failure`` says why it said nothing.
    """

    process_s: float
    told: Mapping[str, Any]
    seen: Mapping[str, Any]
    failure: str = ""

    @property
    def calls_s(self) -> float:
        """What the calls alone took."""
        return float(self.told["calls_s"]) if "calls_s" in self.told else self.seen_s

    @property
    def seen_s(self) -> float:
        """What the calls took as the endpoint saw them, from the first one's arrival to the last answer."""
        return (self.seen["last_at"] or 0.0) - (self.seen["first_at"] or 0.0)

    @property
    def scored(self) -> int:
        """How many examples had a score at the end."""
        return int(self.told.get("scored", 0))

    @property
    def judged(self) -> int:
        """How many judgements the endpoint gave."""
        return int(self.seen["judged"])

    @property
    def questions(self) -> int:
        """How many answers to questions it gave."""
        return int(self.seen["answered"]) - self.judged


def rows(options: Options) -> Iterator[Row]:
    """Ours, then each peer; the fast ones take turns with ours."""
    count = 100 if options.quick else 1000
    ideal_s = 2 * count / AT_ONCE * QUIET.delay_s
    what = f"{count:,} examples, {2 * count:,} calls of 50 ms, {AT_ONCE} at a time"
    yield Row(what=what, who="ideal", result=f"{ideal_s:.2f} s")
    with Loopback() as server, tempfile.TemporaryDirectory() as folder:
        bench = Bench(server=server, folder=Path(folder), count=count)
        bare, *others = PEERS
        runs, bares = [], []
        for number in range(options.runs):
            say(f"ours and the {bare.name}, {number + 1} of {options.runs}")
            runs.append(bench.ours(f"{number}", QUIET))
            bares.append(bench.peer(bare, f"{number}", QUIET))
        middle_s = median(run.process_s for run in runs)
        yield _row(what, "ours, the calls", [run.calls_s for run in runs], runs, ideal_s, count, GOAL_CALLS)
        seen = [run.seen_s for run in runs]
        yield _row(what, "ours, the calls as the endpoint saw them", seen, runs, ideal_s, count)
        yield _row(what, "ours, the process", [run.process_s for run in runs], runs, ideal_s, count, GOAL_PROCESS)
        yield _peer_row(what, f"{bare.name} {install(bare)}", bares, ideal_s, middle_s, count)
        for peer in others if options.peer_runs else ():
            say(f"{peer.name}, bound {peer.at_most_s:.0f} s a run")
            try:
                who = f"{peer.name} {install(peer)}"
            except NotInstalledError as error:
                yield Row(what=what, who=peer.name, result="not installed", note=str(error))
                continue
            measured = [bench.peer(peer, f"{number}", QUIET) for number in range(options.peer_runs)]
            yield _peer_row(what, who, measured, ideal_s, middle_s, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """Runs evaluations of ``count`` examples against ``server``, each in a new folder below ``folder``."""

    server: Loopback
    folder: Path
    count: int

    def ours(self, name: str, script: Script) -> Run:
        """Our engine with a new ledger."""
        folder = self.folder / f"ours-{name}"
        folder.mkdir()
        run = f"ours/{name}"
        self.server.script(run, script)
        return self._run(ours.command(self.server.url(run), folder, examples=self.count), run, ROOT, None, 600.0)

    def peer(self, peer: Peer, name: str, script: Script) -> Run:
        """A peer that knows nothing of an earlier run."""
        folder = self.folder / f"{peer.script}-{name}"
        folder.mkdir()
        asked = examples.write(folder / "examples.jsonl", self.count)
        run = f"{peer.script}/{name}"
        self.server.script(run, script)
        command = peer.command(self.server.url(run), asked, AT_ONCE)
        return self._run(command, run, folder, environment(folder), peer.at_most_s)

    def _run(
        self, command: Sequence[str], run: str, folder: Path, variables: dict[str, str] | None, at_most_s: float
    ) -> Run:
        started = time.perf_counter()
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as errors:
            process = subprocess.Popen(
                command, cwd=folder, env=variables, stdout=out, stderr=errors, start_new_session=True
            )
            failure = ""
            try:
                if process.wait(at_most_s):
                    errors.seek(0)
                    failure = f"ended with {process.returncode}: {cause(errors.read())}"
            except subprocess.TimeoutExpired:
                _stop(process)
                failure = f"stopped after {at_most_s:.0f} s"
            took_s = time.perf_counter() - started
            out.seek(0)
            told = {} if failure else orjson.loads(out.read().splitlines()[-1])
        return Run(process_s=took_s, told=told, seen=self.server.stats(run), failure=failure)


def cause(errors: bytes) -> str:
    """The line of a failed process's standard error that says most: the last that names an error, or the last."""
    lines = [line.strip() for line in errors.decode("utf-8", "replace").splitlines() if line.strip()]
    named = [line for line in lines if "error" in line.lower()]
    return (named or lines or ["it said nothing"])[-1][:200]


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a process and everything that it has started."""
    import os
    import signal

    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _row(
    what: str, who: str, measured: list[float], runs: Sequence[Run], ideal_s: float, count: int, goal: str = ""
) -> Row:
    if short := _short(runs, count):
        return Row(what=what, who=who, result="not complete", goal=goal, note=short)
    return Row(
        what=what,
        who=who,
        result=seconds(measured),
        ratio=f"{median(measured) / ideal_s:.2f} × ideal",
        goal=goal,
        note=f"{count:,} scores",
    )


def _peer_row(what: str, who: str, runs: Sequence[Run], ideal_s: float, ours_s: float, count: int) -> Row:
    measured = [run.process_s for run in runs]
    row = _row(what, who, measured, runs, ideal_s, count)
    if row.ratio:
        calls = seconds([run.calls_s for run in runs])
        return Row(
            what=what,
            who=who,
            result=row.result,
            ratio=f"{median(measured) / ours_s:.1f} × our process",
            note=f"{count:,} scores; the calls {calls}",
        )
    return row


def _short(runs: Sequence[Run], count: int) -> str:
    """Why a figure does not count, or nothing."""
    for run in runs:
        if run.failure or run.questions < count or run.judged < count or run.scored < count:
            done = f"{run.questions:,} answers and {run.judged:,} judgements given, {run.scored:,} scores"
            return f"{run.failure or 'ended by itself'}: {done}"
    return ""
