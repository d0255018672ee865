"""MLflow: one run per week and model in one experiment, found again by a tag and brought up to date in place."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from llm_eval_pipeline.clients.clock import Clock, system_clock
from llm_eval_pipeline.sinks.mlflow_evaluation import log_evaluation
from llm_eval_pipeline.sinks.record import Record

if TYPE_CHECKING:
    from mlflow import MlflowClient

EXPERIMENT = "llm_eval_pipeline"
_RUN_KEY, _FINGERPRINT, _EVALUATED = "llm_eval.run_key", "llm_eval.fingerprint", "llm_eval.evaluated"
_METRICS_A_CALL = 1000
_FIXED = ("week", "iso_week", "model")
"""What is told as parameters, which MLflow never changes; the judge's versions may change, and are tags."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowSink:
    """Tells MLflow; ``artifacts`` is where tables go when the experiment is new and the server decides nothing."""

    tracking_uri: str
    artifacts: Path | None = None
    clock: Clock = system_clock

    def tell(self, told: Sequence[Record]) -> frozenset[str]:
        """Bring MLflow in step with the records, and return the ids of the records whose runs were written.

        MLflow's own evaluation takes longer than all the rest, so of many weeks only the newest gets one, and those
        that have one are kept in step; a week that is told by itself always gets its own.
        """
        os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
        from mlflow import MlflowClient

        client = MlflowClient(self.tracking_uri)
        experiment = self._experiment(client)
        written, newest = set[str](), max((record.week for record in told), default="")
        for record in told:
            run = self._run(client, experiment, record)
            tags = run.data.tags if run else {}
            evaluate = bool(record.evaluated) and (record.week == newest or _EVALUATED in tags)
            wanted = {_FINGERPRINT: record.fingerprint} | ({_EVALUATED: record.fingerprint} if evaluate else {})
            if not wanted.items() <= tags.items():
                self._write(client, experiment, record, run.info.run_id if run else None, wanted)
                written.add(record.run_id)
        return frozenset(written)

    def _experiment(self, client: MlflowClient) -> str:
        if (there := client.get_experiment_by_name(EXPERIMENT)) is not None:
            return str(there.experiment_id)
        return str(client.create_experiment(EXPERIMENT, self.artifacts.as_uri() if self.artifacts else None))

    def _run(self, client: MlflowClient, experiment: str, record: Record) -> Any:
        found = client.search_runs([experiment], f"tags.`{_RUN_KEY}` = '{record.run_id}'", max_results=1)
        return found[0] if found else None

    def _write(
        self, client: MlflowClient, experiment: str, record: Record, run_id: str | None, marks: Mapping[str, str]
    ) -> None:
        from mlflow.entities import Metric, Param, RunTag
        from mlflow.utils.mlflow_tags import MLFLOW_LOGGED_ARTIFACTS

        now = _milliseconds(self.clock())
        if run_id is None:
            tags = {_RUN_KEY: record.run_id, "llm_eval.week": record.week}
            run = client.create_run(experiment, start_time=now, run_name=record.name, tags=tags)
            run_id = str(run.info.run_id)
            client.log_batch(run_id, params=[Param(name, record.config[name]) for name in _FIXED])
        # First, while the run is small: MLflow reads it again at each step of an evaluation, with all its metrics.
        if _EVALUATED in marks:
            log_evaluation(record.evaluated, tracking_uri=self.tracking_uri, run_id=run_id)
        metrics = [Metric(name, value, now, 0) for name, value in record.metrics.items()]
        for start in range(0, len(metrics), _METRICS_A_CALL):
            client.log_batch(run_id, metrics=metrics[start : start + _METRICS_A_CALL])
        for name, rows in record.tables.items():
            client.log_dict(run_id, _split(rows), f"{name}.json")
        tables = [*record.tables, *(["eval_results_table"] if _EVALUATED in marks else [])]
        shown = orjson.dumps([{"path": f"{name}.json", "type": "table"} for name in tables]).decode()
        tags = {f"llm_eval.{name}": value for name, value in record.config.items() if name not in _FIXED}
        tags |= {MLFLOW_LOGGED_ARTIFACTS: shown, **marks}
        client.log_batch(run_id, tags=[RunTag(name, value) for name, value in tags.items()])
        client.set_terminated(run_id, "FINISHED", end_time=_milliseconds(self.clock()))


def _milliseconds(at: datetime) -> int:
    return round(at.timestamp() * 1000)


def _split(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Rows as pandas' ``split`` orientation, which is what MLflow's tables are stored as."""
    columns = list(rows[0]) if rows else []
    return {"columns": columns, "data": [[row[column] for column in columns] for row in rows]}
