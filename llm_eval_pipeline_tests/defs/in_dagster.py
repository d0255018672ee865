"""Dagster in a process of its own, with its own settings and its own home.

The windows that exist are computed from the settings when the definitions are imported, so a test that sets them
starts a process: ``Dagster`` is that process as a test sees it, and ``main`` is what it runs. Each request is a line of
JSON on its standard input, and each reply is one on its standard output.

Belongs here: running a job, and what a data folder needs. Does not belong here: what a run should have written.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from llm_eval_pipeline.settings import PREFIX, REPOSITORY

SHIPPED = ("anchors", "answerer", "documents", "judge", "labels", "policies", "rubrics", "prices.yaml")
RANGE = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"
LONGEST_S = 300.0
"""A run that takes longer hangs; its process is ended, and the test fails."""
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What came of a run: each failed step with the text of its first cause, and each check with its verdict."""

    success: bool
    errors: Mapping[str, str]
    checks: Mapping[str, bool]
    run_id: str


class Dagster:
    """The definitions loaded under the given settings, for as long as the ``with`` block lasts."""

    def __init__(self, home: Path, settings: Mapping[str, str]) -> None:
        home.mkdir(parents=True, exist_ok=True)
        (home / "dagster.yaml").write_text("telemetry:\n  enabled: false\n")
        others = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        self._log = home / "stderr.txt"
        self._environment = others | {"DAGSTER_HOME": str(home), "WANDB_ERROR_REPORTING": "false"} | dict(settings)
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Dagster:
        """Start the process; it loads the definitions before it answers."""
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", __name__],
                cwd=REPOSITORY,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, which the end of its input does."""
        assert self._process is not None
        self._process.communicate(timeout=60)

    def run(self, job: str, first: str, last: str, only: Sequence[str] = ()) -> Ran:
        """Run a job's assets (all, or ``only`` some) over the windows from ``first`` to ``last``, as one run."""
        return Ran(**self._ask({"run": job, "first": first, "last": last, "only": list(only)}))

    def tick(self, sensor: str) -> list[Ran]:
        """Let a sensor look, and run each run that it asks for."""
        return [Ran(**ran) for ran in self._ask({"tick": sensor})]

    def _ask(self, request: Mapping[str, Any]) -> Any:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        too_long = threading.Timer(LONGEST_S, process.kill)
        too_long.start()
        try:
            process.stdin.write(json.dumps(request) + "\n")
            process.stdin.flush()
            reply = process.stdout.readline()
        finally:
            too_long.cancel()
        if not reply:
            raise RuntimeError(f"the process ended: {self._log.read_text()[-4000:]}")
        return json.loads(reply)


def ship(folder: Path, *, but: Sequence[str] = ()) -> Path:
    """A data folder that holds what ships, without examples, traces and what is named in ``but``."""
    folder.mkdir(parents=True)
    for name in set(SHIPPED) - set(but):
        (folder / name).symlink_to(REPOSITORY / "data" / name)
    return folder


def digests(folder: Path) -> dict[str, str]:
    """The SHA-256 of every file below a folder, by its name there."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def main() -> None:
    """Answer requests until there are no more."""
    replies, sys.stdout = sys.stdout, sys.stderr
    import dagster as dg

    from llm_eval_pipeline.definitions import defs

    definitions = defs()

    def run(job: str, tags: Mapping[str, str], only: Sequence[str] = ()) -> dict[str, Any]:
        result = definitions.resolve_job_def(job).execute_in_process(
            instance=instance,
            tags=dict(tags),
            asset_selection=[dg.AssetKey(name) for name in only] or None,
            run_config=QUIET,
            raise_on_error=False,
        )
        return {
            "success": result.success,
            "errors": {
                event.step_key: _first_cause(event.step_failure_data.error)
                for event in result.all_events
                if event.is_step_failure
            },
            "checks": {
                f"{check.asset_key.to_user_string()}: {check.check_name}": check.passed
                for check in result.get_asset_check_evaluations()
            },
            "run_id": result.run_id,
        }

    def tick(name: str) -> list[dict[str, Any]]:
        sensor = definitions.resolve_sensor_def(name)
        needed = {key: (definitions.resources or {})[key] for key in sensor.required_resource_keys}
        with dg.build_sensor_context(instance=instance, definitions=definitions, resources=needed) as context:
            requests = sensor.evaluate_tick(context).run_requests or []
        return [run(request.job_name or str(sensor.job_name), request.tags) for request in requests]

    with dg.DagsterInstance.get() as instance:
        for line in sys.stdin:
            request = json.loads(line)
            if "tick" in request:
                reply: Any = tick(request["tick"])
            else:
                tags = dict(zip(RANGE, (request["first"], request["last"]), strict=True))
                reply = run(request["run"], tags, request["only"])
            replies.write(json.dumps(reply) + "\n")
            replies.flush()


def _first_cause(error: Any) -> str:
    while error is not None and error.cause is not None:
        error = error.cause
    return "" if error is None else str(error.message)


if __name__ == "__main__":
    main()
