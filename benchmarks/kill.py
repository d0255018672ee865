"""What is paid twice after ``kill -9``: an evaluation killed at some call, the same command again, call by call.

The endpoint counts how often each prompt came, and the ledger is read between the two runs. A call is finished when
its answer was in the ledger at the kill; such a call must never be asked again. What comes twice may only be what was
under way, at most as many as may be at a time. One kill at half-way of 2,000 calls, then as many random ones as are
wanted, in runs of 300 calls of 20 ms. Other tools go on by their own means, where they have any.
"""

from __future__ import annotations

import random
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import orjson

from benchmarks import examples, ours
from benchmarks.endpoint import AT_ONCE, cause
from benchmarks.loopback.process import ROOT, Loopback
from benchmarks.loopback.tally import Script
from benchmarks.peers.environments import PEERS, NotInstalledError, Peer, environment, install
from benchmarks.table import Options, Row, say

GOAL = f"at most {AT_ONCE}, never a finished one"
RESUMABLE = ("inspect_ai", "promptfoo")
WAIT_S = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """How many calls were made twice, how many of them had been finished, and whether everything is there at the end.

    ``surplus`` counts calls of a prompt beyond the second: the run after the kill asks nothing twice.
    """

    calls: int
    finished: int
    surplus: int
    complete: bool


def reconcile(before: Mapping[str, int], held: Collection[str], total: Mapping[str, int], scored: int) -> Repeated:
    """Compare the counts by prompt at the kill and at the end.

    Args:
        before: how often each prompt had come when the first run was dead.
        held: the prompts whose answers the ledger had then.
        total: how often each prompt had come when the second run was over.
        scored: how many scores the second run ended with; each takes two calls, a question and a judgement.
    """
    return Repeated(
        calls=sum(times - 1 for times in total.values()),
        finished=sum(total[prompt] > before[prompt] for prompt in held),
        surplus=sum(max(0, times - 2) for times in total.values()),
        complete=2 * scored == len(total),
    )


def rows(options: Options) -> Iterator[Row]:
    """Half-way, at random, and other tools half-way."""
    count = 100 if options.quick else 1000
    half = f"kill -9 at half-way of {2 * count:,} calls, {AT_ONCE} at a time"
    with Loopback() as server, tempfile.TemporaryDirectory() as folder:
        bench = _Bench(server=server, folder=Path(folder))
        yield _row(half, [bench.ours("half", Script(), count, kill_at=count)])
        drawn, wanted = random.Random(1), 5 if options.quick else options.kills
        found = []
        for number in range(wanted):
            if number % 10 == 0:
                say(f"random kill {number} of {wanted}")
            kill_at = drawn.randint(1, 299)
            found.append(bench.ours(f"random-{number}", Script(delay_s=0.02), 150, kill_at, drawn.uniform(0, 0.02)))
        if found:
            yield _row(f"{wanted} random kills of 300 calls, {AT_ONCE} at a time", found)
        for peer in PEERS if options.peer_runs else ():
            if peer.script in RESUMABLE:
                say(peer.name)
                yield _peer_row(half, peer, bench, count)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bench:
    server: Loopback
    folder: Path

    def ours(self, name: str, script: Script, count: int, kill_at: int, later_s: float = 0.0) -> Repeated:
        """Our engine, killed ``later_s`` seconds after its call number ``kill_at`` came in."""
        folder, run = self.folder / name, f"ours/{name}"
        folder.mkdir()
        self.server.script(run, script)
        command = ours.command(self.server.url(run), folder, examples=count, concurrency=AT_ONCE)
        before = self._kill(command, run, ROOT, None, kill_at, later_s)
        held = ours.held(folder)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=WAIT_S)
        told = orjson.loads(done.stdout.splitlines()[-1])
        return reconcile(before, held, self._prompts(run), told["scored"])

    def peer(self, peer: Peer, count: int) -> tuple[int, int]:
        """A tool killed half-way and resumed: calls made twice, and scores in the end."""
        folder, run = self.folder / peer.script, f"{peer.script}/half"
        folder.mkdir()
        asked = examples.write(folder / "examples.jsonl", count)
        self.server.script(run, Script())
        url, variables = self.server.url(run), environment(folder)
        self._kill(peer.command(url, asked, AT_ONCE), run, folder, variables, count, 0.0)
        command = peer.command(url, asked, AT_ONCE, "resume")
        done = subprocess.run(
            command, cwd=folder, env=variables, capture_output=True, timeout=peer.at_most_s, check=True
        )
        total = self._prompts(run)
        return sum(times - 1 for times in total.values()), orjson.loads(done.stdout.splitlines()[-1])["scored"]

    def _kill(
        self,
        command: Sequence[str],
        run: str,
        folder: Path,
        variables: dict[str, str] | None,
        kill_at: int,
        later_s: float,
    ) -> Counter[str]:
        """The counts by prompt once a run was killed and nothing of it is under way any more."""
        import os
        import signal

        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command, cwd=folder, env=variables, stdout=quiet, stderr=quiet, start_new_session=True
        )
        self.server.wait_for(run, kill_at, WAIT_S)
        time.sleep(later_s)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        time.sleep(0.1)
        while self.server.stats(run)["under_way"]:
            time.sleep(0.02)
        return self._prompts(run)

    def _prompts(self, run: str) -> Counter[str]:
        return Counter(self.server.stats(run, prompts=True)["prompts"])


def _row(what: str, found: Sequence[Repeated]) -> Row:
    calls = [one.calls for one in found]
    several = f"{min(calls)} to {max(calls)} made twice, {sum(calls) / len(calls):.0f} a kill"
    return Row(
        what=what,
        who="ours",
        result=f"{calls[0]} made twice" if len(calls) == 1 else several,
        ratio=f"{sum(one.finished for one in found)} finished ones",
        goal=GOAL,
        note=f"complete after {sum(one.complete for one in found)} of {len(found)}, "
        f"{sum(one.surplus for one in found)} asked a third time",
    )


def _peer_row(what: str, peer: Peer, bench: _Bench, count: int) -> Row:
    try:
        who = f"{peer.name} {install(peer)}"
        calls, scored = bench.peer(peer, count)
    except NotInstalledError as error:
        return Row(what=what, who=peer.name, result="not installed", note=str(error))
    except subprocess.CalledProcessError as error:
        return Row(what=what, who=who, result="cannot go on", note=cause(error.stderr))
    except subprocess.TimeoutExpired as error:
        return Row(what=what, who=who, result=f"stopped after {error.timeout:.0f} s")
    return Row(what=what, who=who, result=f"{calls} made twice", note=f"{scored:,} of {count:,} scores in the end")
