"""Traces of an MLflow tracking server or store, fetched as files into the landing folder, each once.

MLflow can neither say what is new nor when a trace was stored: a trace has the time at which it began, and is there
when it has ended. So each fetch looks back over a span of time and remembers what it has fetched of it. What is fetched
twice all the same, after a crash, is one row in ``production_traces``.

Here: which traces are fetched, and what is remembered. Not here: what a trace says (``readers/mlflow_json``).
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from llm_eval_pipeline.parts import parts

_PAGE = 100
_OPEN = "IN_PROGRESS"


class MlflowTracesError(RuntimeError):
    """MLflow's traces cannot be fetched. The text says why, and names the setting."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a fetch did: traces written, and those that wait until they have ended."""

    traces: int
    open: int


def fetch(
    tracking_uri: str,
    experiments: Sequence[str],
    folder: Path,
    memory: Path,
    *,
    look_back: timedelta,
    now: datetime,
) -> Fetched:
    """Write the traces that are new since the last fetch into files of ``folder``, some thousand in each.

    Args:
        tracking_uri: MLflow's, such as ``http://127.0.0.1:5000`` or ``sqlite:///mlflow.db``.
        experiments: by name; all when empty.
        folder: a folder below the landing folder.
        memory: the file that remembers what was fetched.
        look_back: how far before the newest trace one that has ended later is still found.
        now: names the file.

    Raises:
        MlflowTracesError: when an experiment is not there, or MLflow does not answer.
    """
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from mlflow import MlflowClient
    from mlflow.exceptions import MlflowException

    seen: dict[str, int] = orjson.loads(memory.read_bytes()) if memory.exists() else {}
    since = max(seen.values(), default=0) - _milliseconds(look_back)
    traces = still_open = 0
    folder.mkdir(parents=True, exist_ok=True)
    try:
        client = MlflowClient(tracking_uri)
        for some in parts(_new(client, _ids(client, experiments), since, set(seen))):
            ended = [trace for trace in some if str(trace.info.state.value) != _OPEN]
            traces, still_open = traces + len(ended), still_open + len(some) - len(ended)
            if ended:
                _keep(ended, folder, now)
                seen |= {trace.info.trace_id: int(trace.info.request_time) for trace in ended}
                _remember(seen, memory, look_back)
    except MlflowException as error:
        raise MlflowTracesError(
            f"MLflow's traces cannot be fetched ({str(error)[:300]}): see LLM_EVAL_MLFLOW_TRACES"
        ) from error
    return Fetched(traces=traces, open=still_open)


def _keep(traces: Sequence[Any], folder: Path, now: datetime) -> None:
    """A file of traces. Its name says what it holds, so what a crash cut short is written over, if no more has come."""
    name = f"{now.astimezone(UTC).date()}.{traces[0].info.trace_id}-{len(traces)}.jsonl.gz"
    _write(folder / name, gzip.compress(b"".join(map(_line, traces)), mtime=0))


def _remember(seen: dict[str, int], memory: Path, look_back: timedelta) -> None:
    since = max(seen.values()) - _milliseconds(look_back)
    memory.parent.mkdir(parents=True, exist_ok=True)
    _write(memory, orjson.dumps({trace: at for trace, at in seen.items() if at >= since}))


def _ids(client: Any, names: Sequence[str]) -> list[str]:
    if not names:
        return [str(each.experiment_id) for each in client.search_experiments()]
    found = {name: client.get_experiment_by_name(name) for name in names}
    if missing := [name for name, experiment in found.items() if experiment is None]:
        there = ", ".join(sorted(each.name for each in client.search_experiments()))
        raise MlflowTracesError(
            f"MLflow has no experiment {', '.join(missing)}: LLM_EVAL_MLFLOW_EXPERIMENTS may name {there}"
        )
    return [str(experiment.experiment_id) for experiment in found.values()]


def _new(client: Any, experiments: list[str], since: int, seen: Set[str]) -> Iterator[Any]:
    """Traces from ``since`` on that were not fetched, oldest first."""
    token: str | None = None
    while True:
        page = client.search_traces(
            locations=experiments,
            filter_string=f"attributes.timestamp_ms >= {max(0, since)}",
            order_by=["attributes.timestamp_ms ASC"],
            max_results=_PAGE,
            page_token=token,
        )
        yield from (trace for trace in page if trace.info.trace_id not in seen)
        token = page.token
        if not token:
            return


def _line(trace: Any) -> bytes:
    """A trace on one line, whatever line breaks its JSON was written with."""
    return orjson.dumps(orjson.loads(trace.to_json())) + b"\n"


def _write(path: Path, data: bytes) -> None:
    """All of a file or nothing; landing passes over names that begin with a dot."""
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(data)
    part.replace(path)


def _milliseconds(span: timedelta) -> int:
    return span // timedelta(milliseconds=1)
