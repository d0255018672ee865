"""The asset of spans, where sources are fetched from: what is down, and what is wrong, is said last."""

from __future__ import annotations

from pathlib import Path

import dagster as dg
import pytest
import yaml

from llm_eval_pipeline.defs.partitions import DAILY
from llm_eval_pipeline.defs.production.assets import production_traces
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import lay, trace
from llm_eval_pipeline_tests.production.weave_calls import openai_chat, root
from llm_eval_pipeline_tests.production.weave_server import KEY, WeaveDouble

pytestmark = [
    pytest.mark.filterwarnings("ignore::dagster.BetaWarning"),  # as the package itself does
    # MLflow 3.17 configures its mappers with a loader that SQLAlchemy 2.1 deprecates; it is theirs to change.
    pytest.mark.filterwarnings(
        "ignore:The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning"
    ),
]


def test_what_fails_is_said_when_all_else_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    landing, warehouse = tmp_path / "landing", Warehouse(str(tmp_path / "warehouse"))
    day = DAILY.get_first_partition_key()
    assert day is not None
    lay(landing, f"{day}.jsonl", trace("t1", at=f"{day}T12:00:00"))
    (landing / "own").mkdir()
    (landing / "own" / "mapping.yaml").write_text(yaml.safe_dump({"colums": {}}))
    (landing / "own" / "rows.csv").write_text("a,b\n1,2\n")
    when = {"started_at": f"{day}T12:00:00Z", "ended_at": f"{day}T12:00:01Z"}
    with (
        WeaveDouble([each(**when) for each in (root, openai_chat)]) as double,
        dg.DagsterInstance.ephemeral() as instance,
    ):
        settings = Settings(
            data_dir=tmp_path,
            mlflow_traces="http://127.0.0.1:9",
            weave_project="team/app",
            weave_url=double.url,
            weave_api_key=KEY,
        )
        resources = {"settings": settings, "warehouse": warehouse}
        ran = dg.materialize(
            [production_traces], partition_key=day, resources=resources, instance=instance, raise_on_error=False
        )
    assert not ran.success
    (failure,) = [event for event in ran.all_events if event.event_type_value == "STEP_FAILURE"]
    said = failure.step_failure_data.user_failure_data.description
    assert "see LLM_EVAL_MLFLOW_TRACES" in said
    assert "own/mapping.yaml: colums: no such setting" in said
    rows = warehouse.read(PRODUCTION_TRACES, day).to_pylist()
    assert sorted(row["source"] for row in rows) == ["otlp", "otlp", "weave", "weave"]
