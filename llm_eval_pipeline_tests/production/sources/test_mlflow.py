"""MLflow's traces: how they are fetched, and what real ones become."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from mlflow.store.entities import PagedList

from llm_eval_pipeline.costs.usage import BilledTokens
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.sources.mlflow import MlflowSource
from llm_eval_pipeline.production.sources.seam import Fetched, SourceError
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings(
    # MLflow 3.17 configures its mappers with a loader that SQLAlchemy 2.1 deprecates; it is theirs to change.
    "ignore:The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning"
)


def source(uri: str, experiments: list[str], folder: Path, memory: Path) -> MlflowSource:
    return MlflowSource(
        tracking_uri=uri, experiments=experiments, folder=folder, memory=memory, look_back=timedelta(days=1)
    )


MAKE = """
import sys

import mlflow
from mlflow.entities import AssessmentSource, SpanType

uri, questions = sys.argv[1], sys.argv[2:]
mlflow.set_tracking_uri(uri)
mlflow.set_experiment("app")


@mlflow.trace(span_type=SpanType.CHAT_MODEL)
def chat(messages):
    span = mlflow.get_current_active_span()
    span.set_attribute("mlflow.chat.tokenUsage", {"input_tokens": 1000, "output_tokens": 500, "total_tokens": 1500})
    span.set_attribute("mlflow.llm.model", "gpt-4o-mini")
    return {"choices": [{"message": {"role": "assistant", "content": "Two years."}, "finish_reason": "stop"}]}


@mlflow.trace(span_type=SpanType.CHAIN)
def app(question):
    mlflow.update_current_trace(tags={"feature": "qa"})
    return chat([{"role": "user", "content": question}])["choices"][0]["message"]["content"]


for question in questions:
    app(question)
    person = AssessmentSource(source_type="HUMAN", source_id="me")
    mlflow.log_feedback(trace_id=mlflow.get_last_active_trace_id(), name="thumbs", value=True, source=person)
"""


RATE_NAN = """
import sys

import mlflow

mlflow.set_tracking_uri(sys.argv[1])
newest = mlflow.search_traces(locations=[mlflow.get_experiment_by_name("app").experiment_id], return_type="list")[0]
mlflow.log_feedback(trace_id=newest.info.trace_id, name="score", value=float("nan"))
"""


@pytest.fixture
def traced(tmp_path: Path) -> tuple[str, Callable[..., None]]:
    """An MLflow store, and an application that answers questions and is traced there."""
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_ENABLE_ASYNC_TRACE_LOGGING": "false"}

    def ask(*questions: str) -> None:
        command = [sys.executable, "-c", MAKE, uri, *questions]
        subprocess.run(command, cwd=tmp_path, env=os.environ | quiet, capture_output=True, timeout=120, check=True)

    return uri, ask


def test_real_traces_are_fetched_once_and_become_rows(tmp_path: Path, traced: tuple[str, Callable[..., None]]) -> None:
    uri, ask = traced
    landing, memory, now = tmp_path / "landing", tmp_path / "state" / "seen.json", datetime.now(UTC)
    warehouse = Warehouse(str(tmp_path / "warehouse"))

    def fetched() -> int:
        got = source(uri, ["app"], landing / "mlflow", memory).fetch(now)
        assert got.open == 0
        return got.traces

    def price(_model: str, usage: BilledTokens, _at: datetime) -> Decimal:
        return Decimal(usage.input + usage.output) / 6000

    ask("How long is the warranty?", "Who are you?")
    assert (fetched(), fetched()) == (2, 0)
    report = land(landing, warehouse, price)
    assert (report.spans, report.quarantined, report.unpriced_calls) == (4, 0, 0)
    compile_days(report.days, warehouse)
    rows = warehouse.read_many(PRODUCTION_TRACES, warehouse.partitions(PRODUCTION_TRACES)).to_pylist()
    assert {row["feature"] for row in rows} == {"qa"}
    app = next(row for row in rows if row["name"] == "app" and "warranty" in row["input"])
    call = next(row for row in rows if row["parent_span_id"] == app["span_id"])
    assert (app["source"], app["convention"], app["feedback_score"], app["is_entry"]) == ("mlflow", "mlflow", 1.0, True)
    assert (call["operation"], call["model_resolved"], call["cost_usd"]) == ("chat", "gpt-4o-mini", Decimal("0.25"))
    assert (call["input"], call["output"]) == ("How long is the warranty?", "Two years.")
    assert (call["input_uncached_tokens"], call["output_tokens"]) == (1000, 500)

    ask("And this?")
    assert fetched() == 1
    memory.unlink()  # as after a crash between the file and its note: fetched again, and still one row each
    assert fetched() == 3
    report = land(landing, warehouse, price)
    assert report.quarantined == 0
    compile_days(report.days, warehouse)
    rows = warehouse.read_many(PRODUCTION_TRACES, warehouse.partitions(PRODUCTION_TRACES)).to_pylist()
    assert len(rows) == len({(row["trace_id"], row["span_id"]) for row in rows}) == 6


def test_a_trace_that_mlflow_cannot_write_lies_in_quarantine_and_keeps_nobody_out(
    tmp_path: Path, traced: tuple[str, Callable[..., None]]
) -> None:
    uri, ask = traced
    ask("How long?", "Who?")
    subprocess.run([sys.executable, "-c", RATE_NAN, uri], cwd=tmp_path, capture_output=True, timeout=120, check=True)
    landing = tmp_path / "landing"
    got = source(uri, ["app"], landing / "mlflow", tmp_path / "seen.json").fetch(datetime.now(UTC))
    assert (got.traces, got.open) == (2, 0)
    report = land(landing, Warehouse(str(tmp_path / "warehouse")), lambda *_: Decimal(0))
    assert (report.spans, report.quarantined) == (2, 1)


def test_an_experiment_that_is_not_there_is_named_with_those_that_are(
    tmp_path: Path, traced: tuple[str, Callable[..., None]]
) -> None:
    uri, ask = traced
    ask()
    with pytest.raises(SourceError, match=r"no experiment shop: .* may name Default, app"):
        source(uri, ["shop"], tmp_path / "a", tmp_path / "b").fetch(datetime.now(UTC))


def test_a_server_that_is_not_there_is_an_error_that_names_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(SourceError, match="LLM_EVAL_MLFLOW_TRACES"):
        source("http://127.0.0.1:9", [], tmp_path / "a", tmp_path / "b").fetch(datetime.now(UTC))


def test_a_trace_that_has_not_ended_waits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Store:
        """Two traces, the older of which ends between two fetches."""

        open = True

        def __init__(self, _uri: str) -> None:
            pass

        def search_experiments(self) -> list[SimpleNamespace]:
            return [SimpleNamespace(experiment_id="1")]

        def search_traces(self, **_asked: Any) -> PagedList[Any]:
            states = {"older": "IN_PROGRESS" if Store.open else "OK", "newer": "OK"}
            infos = (
                SimpleNamespace(trace_id=name, state=SimpleNamespace(value=state), request_time=1_774_872_000_000 + n)
                for n, (name, state) in enumerate(states.items())
            )
            return PagedList([SimpleNamespace(info=info, to_json=lambda: '{"info": {}}') for info in infos], None)

    monkeypatch.setattr("mlflow.MlflowClient", Store)

    def got() -> Fetched:
        return source("any", [], tmp_path / "mlflow", tmp_path / "seen.json").fetch(datetime.now(UTC))

    assert (got(), got()) == (Fetched(traces=1, open=1), Fetched(traces=0, open=1))
    Store.open = False
    assert (got(), got()) == (Fetched(traces=1, open=0), Fetched(traces=0, open=0))
