"""MLflow's own evaluation on SQLite: its table and aggregates hold our scores, and nothing is downloaded or doubled."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from llm_eval_pipeline.sinks.mlflow_evaluation import evaluate_in_mlflow

pytestmark = pytest.mark.filterwarnings(
    # MLflow 3.17 configures its mappers with a loader that SQLAlchemy 2.1 deprecates; it is theirs to change.
    "ignore:The ``noload`` loader strategy is deprecated:sqlalchemy.exc.SADeprecationWarning"
)


def prediction(number: int, **fields: Any) -> dict[str, Any]:
    return {
        "example_id": f"e{number}",
        "model": "vendor/m",
        "repetition": 0,
        "feature": "qa",
        "split": "canary",
        "prompt": f"Question {number}?",
        "reference": None,
        "generated": f"Answer {number}.",
        "quality_score": None,
        "unscored_reason": None,
        "latency_ms": 100.0,
        "is_safe": True,
        "error_category": "none",
        "evidence": None,
    } | fields


def scored(number: int, **fields: Any) -> dict[str, Any]:
    return {"example_id": f"e{number}", "model": "vendor/m", "repetition": 0} | fields


PREDICTIONS = [
    prediction(1, quality_score=0.9, generated="So «ja»."),
    prediction(2, quality_score=0.4),
    prediction(3, generated=None, latency_ms=None, is_safe=None),
]
SCORES = [scored(3), scored(1, bleu=60.0, follows_format=True), scored(2, bleu=20.0, follows_format=False), scored(9)]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a new store with an experiment."""
    folder = tmp_path_factory.mktemp("mlflow")
    before = {name: os.environ.get(name) for name in ("MLFLOW_DISABLE_TELEMETRY", "MLFLOW_TRACKING_URI")}
    os.environ |= {"MLFLOW_DISABLE_TELEMETRY": "true", "MLFLOW_TRACKING_URI": f"sqlite:///{folder}/mlflow.sqlite"}
    from mlflow import MlflowClient

    MlflowClient(os.environ["MLFLOW_TRACKING_URI"]).create_experiment("e", (folder / "artifacts").as_uri())
    yield os.environ["MLFLOW_TRACKING_URI"]
    for name, value in before.items():
        os.environ.pop(name, None)
        if value is not None:
            os.environ[name] = value


def new_run(store: str) -> str:
    from mlflow import MlflowClient

    client = MlflowClient(store)
    return str(client.create_run(client.get_experiment_by_name("e").experiment_id).info.run_id)


def table(store: str, run_id: str) -> Any:
    import mlflow

    mlflow.set_tracking_uri(store)
    mlflow.set_experiment("e")
    return mlflow.load_table("eval_results_table.json", run_ids=[run_id])


def test_aggregates_are_over_the_answers_that_have_the_score(store: str) -> None:
    from mlflow import MlflowClient

    run_id = new_run(store)
    found = evaluate_in_mlflow(PREDICTIONS, SCORES, tracking_uri=store, run_id=run_id)
    # BLEU 60 and 20: mean 40, variance 20²; quality 0.9 and 0.4; one of two in the format.
    expected = {"bleu/mean": 40, "bleu/variance": 400, "quality_score/mean": 0.65, "follows_format/mean": 0.5}
    assert {name: found[name] for name in expected} == pytest.approx(expected)
    assert not [name for name in found if name.startswith(("chrf", "bertscore_f1"))]
    assert MlflowClient(store).get_run(run_id).data.metrics == pytest.approx(found)


def test_its_table_has_every_answer_and_null_where_there_is_no_score(store: str) -> None:
    run_id = new_run(store)
    evaluate_in_mlflow(PREDICTIONS, SCORES, tracking_uri=store, run_id=run_id)
    frame = table(store, run_id)
    assert frame["example_id"].tolist() == ["e1", "e2", "e3"]
    # MLflow calls the column of predictions so.
    assert frame["outputs" if "outputs" in frame else "generated"].tolist() == ["So «ja».", "Answer 2.", ""]
    assert frame["bleu/score"].tolist()[:2] == [60.0, 20.0]
    assert frame["bleu/score"].isna().tolist() == [False, False, True]


def test_evaluating_again_replaces_the_table(store: str) -> None:
    run_id = new_run(store)
    evaluate_in_mlflow(PREDICTIONS, SCORES, tracking_uri=store, run_id=run_id)
    evaluate_in_mlflow(PREDICTIONS[:2], SCORES, tracking_uri=store, run_id=run_id)
    assert table(store, run_id)["example_id"].tolist() == ["e1", "e2"]


@pytest.mark.parametrize("status", ["RUNNING", "FINISHED"])
def test_the_run_stays_as_it_was_and_so_does_the_callers_store(store: str, status: str) -> None:
    import mlflow
    from mlflow import MlflowClient

    run_id = new_run(store)
    MlflowClient(store).update_run(run_id, status=status)
    mlflow.set_tracking_uri("sqlite:///elsewhere.sqlite")
    evaluate_in_mlflow(PREDICTIONS, SCORES, tracking_uri=store, run_id=run_id)
    assert mlflow.get_tracking_uri() == "sqlite:///elsewhere.sqlite"
    mlflow.set_tracking_uri(store)
    assert MlflowClient(store).get_run(run_id).info.status == status
    assert mlflow.active_run() is None


def test_no_answer_logs_nothing() -> None:
    assert evaluate_in_mlflow([], [], tracking_uri="never looked at", run_id="r") == {}


def test_two_models_in_one_run_are_an_error() -> None:
    with pytest.raises(ValueError, match="predictions of other/m, vendor/m"):
        evaluate_in_mlflow([prediction(1), prediction(1, model="other/m")], [], tracking_uri="x", run_id="r")


def test_a_prediction_without_scores_is_an_error() -> None:
    with pytest.raises(KeyError, match="e1"):
        evaluate_in_mlflow([prediction(1)], [], tracking_uri="x", run_id="r")
