"""Traces of an MLflow tracking server or store.

Here: which traces are asked for. Not here: what a trace says (``readers/mlflow_json``), what is kept (``keeping``).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from llm_eval_pipeline.production.sources.keeping import Found, Keeper
from llm_eval_pipeline.production.sources.seam import Fetched, SourceError

_PAGE = 100
_OPEN = "IN_PROGRESS"


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowSource:
    """Fetches the traces of some experiments.

    Attributes:
        tracking_uri: MLflow's, such as ``http://127.0.0.1:5000`` or ``sqlite:///mlflow.db``.
        experiments: by name; all when empty.
        folder, memory, look_back: see :class:`Keeper`.
    """

    tracking_uri: str = field(repr=False)  # it may hold a password
    experiments: Sequence[str]
    folder: Path
    memory: Path
    look_back: timedelta
    name: str = "MLflow"

    def fetch(self, now: datetime) -> Fetched:
        """Write the traces that are new since the last fetch into files.

        Raises:
            SourceError: when an experiment is not there, or MLflow does not answer.
        """
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient
        from mlflow.exceptions import MlflowException

        keeper = Keeper(self.folder, self.memory, self.look_back, now)
        try:
            client = MlflowClient(self.tracking_uri)
            return keeper.keep(_traces(client, _ids(client, self.experiments), keeper.since_ms))
        except MlflowException as error:
            raise SourceError(
                f"MLflow's traces cannot be fetched ({str(error)[:300]}): see LLM_EVAL_MLFLOW_TRACES"
            ) from error


def _ids(client: Any, names: Sequence[str]) -> list[str]:
    if not names:
        return [str(each.experiment_id) for each in client.search_experiments()]
    found = {name: client.get_experiment_by_name(name) for name in names}
    if missing := [name for name, experiment in found.items() if experiment is None]:
        there = ", ".join(sorted(each.name for each in client.search_experiments()))
        raise SourceError(
            f"MLflow has no experiment {', '.join(missing)}: LLM_EVAL_MLFLOW_EXPERIMENTS may name {there}"
        )
    return [str(experiment.experiment_id) for experiment in found.values()]


def _traces(client: Any, experiments: list[str], since_ms: int) -> Iterator[Found]:
    """Traces from then on, oldest first."""
    token: str | None = None
    while True:
        page = client.search_traces(
            locations=experiments,
            filter_string=f"attributes.timestamp_ms >= {since_ms}",
            order_by=["attributes.timestamp_ms ASC"],
            max_results=_PAGE,
            page_token=token,
        )
        yield from map(_found, page)
        token = page.token
        if not token:
            return


def _found(trace: Any) -> Found:
    def line() -> bytes:
        """The trace on one line, whatever line breaks its JSON was written with.

        One that MLflow cannot write, as with feedback that is NaN, is a line without spans, for the quarantine.
        """
        from google.protobuf.json_format import Error

        try:
            found = orjson.loads(trace.to_json())
        except (Error, ValueError, TypeError) as error:
            found = {"info": {"trace_id": trace.info.trace_id, "not_written": str(error)[:300]}}
        return orjson.dumps(found) + b"\n"

    is_open = str(trace.info.state.value) == _OPEN
    return Found(trace.info.trace_id, int(trace.info.request_time), None if is_open else line)
