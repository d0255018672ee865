"""``make bench``: every benchmark, or some by name (``make bench ONLY=endpoint,kill``), a line as each is known.

Seconds depend on the machine and on what else it does; the ratios are taken in one run and are what to look at. Nothing
here passes or fails.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from pathlib import Path

from benchmarks.report import put
from benchmarks.table import COLUMNS, Options, Row, line, machine, say

NAMES = (
    *("ks", "overlap", "ingest", "landing", "week", "instructions", "refusals", "judge"),
    *("endpoint", "kill", "throttled", "memory", "receiver"),
)


def main() -> None:
    """Run what was named."""
    given = _arguments()
    options = Options(
        runs=given.runs,
        peer_runs=given.peer_runs,
        kills=given.kills,
        examples=given.examples,
        seconds=given.seconds,
        quick=given.quick,
    )
    sys.stdout.write(line(Row(**{name: name for name in COLUMNS})) + "\n")
    for name in given.only:
        where = machine()
        say(f"{name}: {where}")
        found: list[Row] = []
        for row in importlib.import_module(f"benchmarks.{name}").rows(options):
            found.append(row)
            sys.stdout.write(line(row) + "\n")
            sys.stdout.flush()
        if given.markdown:
            put(given.markdown, name, where, found)


def _arguments() -> argparse.Namespace:
    defaults = Options()
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", type=_names, default=NAMES, help=f"some of {', '.join(NAMES)}, comma-separated")
    parser.add_argument("--runs", type=int, default=defaults.runs, help="runs of ours and of what is fast")
    parser.add_argument("--peer-runs", type=int, default=defaults.peer_runs, help="runs of each other tool; 0: none")
    parser.add_argument("--kills", type=int, default=defaults.kills, help="random kills")
    parser.add_argument("--examples", type=int, default=defaults.examples, help="examples for the memory")
    parser.add_argument(
        "--seconds", type=float, default=defaults.seconds, help="how long a load on the receiver is held"
    )
    parser.add_argument("--quick", action="store_true", help="small sizes: shows that everything works")
    parser.add_argument("--markdown", type=Path, help="put the figures into this file as well")
    return parser.parse_args()


def _names(given: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in given.split(",") if name.strip())
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f"there is no benchmark {name}; there are {', '.join(NAMES)}")
    return names or NAMES


if __name__ == "__main__":
    main()
