"""The MLflow sink on SQLite: one run per week and model, brought up to date in place."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.sinks.mlflow_evaluation import with_text_scores
from llm_eval_pipeline.sinks.mlflow_sink import EXPERIMENT, MlflowSink
from llm_eval_pipeline.sinks.record import Record

RECORD = Record(
    week="2026-03-30",
    model="vendor/m",
    config={
        "week": "2026-03-30",
        "iso_week": "2026-W14",
        "model": "vendor/m",
        "judge": "j",
        "rubric_version": "v1",
    },
    metrics={"eval/quality_mean": 0.8, "eval/quality_mean/qa": 0.9},
    tables={
        "prediction_table": [
            {"example_id": "e1", "generated": "So «ja».", "quality_score": 0.5},
            {"example_id": "e2", "generated": None, "quality_score": None},
        ],
        "failure_table": [],
    },
)
pytestmark = pytest.mark.filterwarnings(
    # MLflow 3.17 configures its mappers with a loader that SQLAlchemy 2.1 deprecates; it is theirs to change.
    "ignore:The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning"
)
CLOCK = FakeClock(datetime(2026, 4, 6, 6, tzinfo=UTC))


@pytest.fixture(scope="module")
def sink(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MlflowSink]:
    """A store that was told of RECORD once; making one takes seconds, so the tests share it, in order."""
    folder = tmp_path_factory.mktemp("mlflow")
    before = {name: os.environ.get(name) for name in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_TRACKING_URI")}
    os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.sqlite"
    told = MlflowSink(tracking_uri=os.environ["MLFLOW_TRACKING_URI"], artifacts=folder / "artifacts", clock=CLOCK)
    assert len(told.tell([RECORD])) == 1
    yield told
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def runs(sink: MlflowSink) -> list[Any]:
    from mlflow import MlflowClient

    client = MlflowClient(sink.tracking_uri)
    return list(client.search_runs([client.get_experiment_by_name(EXPERIMENT).experiment_id]))


def table(sink: MlflowSink, name: str) -> Any:
    import mlflow

    (run,) = runs(sink)
    mlflow.set_tracking_uri(sink.tracking_uri)
    mlflow.set_experiment(EXPERIMENT)
    return mlflow.load_table(f"{name}.json", run_ids=[run.info.run_id])


def test_a_run_has_name_metrics_and_what_judged(sink: MlflowSink) -> None:
    (run,) = runs(sink)
    assert (run.info.run_name, run.info.status) == ("2026-W14 vendor/m", "FINISHED")
    assert run.data.metrics == RECORD.metrics
    assert run.data.params == {"week": "2026-03-30", "iso_week": "2026-W14", "model": "vendor/m"}
    assert (run.data.tags["llm_eval.judge"], run.data.tags["llm_eval.rubric_version"]) == ("j", "v1")


def test_its_tables_are_read_by_mlflow_itself(sink: MlflowSink) -> None:
    frame = table(sink, "prediction_table")
    assert list(frame.columns) == ["example_id", "generated", "quality_score"]
    assert frame["generated"].tolist() == ["So «ja».", None]
    assert frame["quality_score"].isna().tolist() == [False, True]
    assert len(table(sink, "failure_table")) == 0


def test_the_same_record_again_writes_nothing(sink: MlflowSink) -> None:
    (before,) = runs(sink)
    CLOCK.advance(timedelta(hours=1))
    assert len(sink.tell([RECORD])) == 0
    assert runs(sink)[0].to_dictionary() == before.to_dictionary()


def test_a_changed_record_updates_its_own_run(sink: MlflowSink) -> None:
    (before,) = runs(sink)
    CLOCK.advance(timedelta(hours=1))
    changed = replace(
        RECORD,
        config={**RECORD.config, "rubric_version": "v2"},
        metrics={**RECORD.metrics, "eval/quality_mean": 0.3, "eval/only_now": 1.0},
        tables={"prediction_table": RECORD.tables["prediction_table"][:1], "failure_table": []},
    )
    assert len(sink.tell([changed])) == 1
    (after,) = runs(sink)
    assert after.info.run_id == before.info.run_id
    assert after.data.metrics == {"eval/quality_mean": 0.3, "eval/quality_mean/qa": 0.9, "eval/only_now": 1.0}
    assert (after.data.tags["llm_eval.rubric_version"], after.info.status) == ("v2", "FINISHED")
    assert len(table(sink, "prediction_table")) == 1
    assert len(sink.tell([changed])) == 0


def test_mlflows_own_evaluation_is_in_the_run_and_replaced_with_it(sink: MlflowSink) -> None:
    answers = [
        {"example_id": f"e{n}", "model": "vendor/m", "repetition": 0, "generated": "So.", "quality_score": n / 2}
        for n in (1, 2)
    ]
    texts = [{"example_id": f"e{n}", "model": "vendor/m", "repetition": 0, "bleu": 10.0 * n} for n in (1, 2)]
    for rows, mean in ((answers, 15.0), (answers[1:], 20.0)):
        sink.tell([replace(RECORD, evaluated=with_text_scores(rows, texts))])
        assert table(sink, "eval_results_table")["bleu/score"].tolist() == [row["bleu"] for row in texts[-len(rows) :]]
        (run,) = runs(sink)
        assert (run.data.metrics["bleu/mean"], run.info.status) == (mean, "FINISHED")


def test_another_week_is_another_run(sink: MlflowSink) -> None:
    later = replace(RECORD, week="2026-04-06")
    assert len(sink.tell([later, later])) == 1
    assert {run.data.tags["llm_eval.week"] for run in runs(sink)} == {"2026-03-30", "2026-04-06"}


def test_of_many_weeks_the_newest_is_evaluated_and_one_by_itself_always_is(sink: MlflowSink) -> None:
    answer = {"example_id": "e1", "model": "vendor/m", "repetition": 0, "generated": "So.", "quality_score": 0.5}
    rows = with_text_scores([answer], [{**answer, "bleu": 10.0}])
    old, new = (replace(RECORD, week=week, evaluated=rows) for week in ("2026-04-13", "2026-04-20"))

    def evaluated() -> set[str]:
        return {run.data.tags["llm_eval.week"] for run in runs(sink) if "llm_eval.evaluated" in run.data.tags}

    assert len(sink.tell([old, new])) == 2
    assert evaluated() & {old.week, new.week} == {new.week}
    assert sink.tell([old, new]) == frozenset()
    assert sink.tell([old]) == {old.run_id}
    assert evaluated() >= {old.week, new.week}
    assert sink.tell([old, new]) == frozenset()
