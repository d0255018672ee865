"""MLflow's own evaluation table: our scores of each answer, handed to ``mlflow.models.evaluate``.

Nothing is computed twice: each metric's function looks the stored scores up. So MLflow needs no download (its own
ROUGE, BLEU and toxicity ask a hub for theirs and vanish without it), and its table holds the warehouse's numbers.
Not here: the runs and their own tables (``mlflow_sink``).
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

TABLE = "eval_results_table.json"
TEXT_METRICS = (
    *("bleu", "chrf", "rouge1", "rouge2", "rougeL", "bertscore_f1", "flesch_kincaid_grade"),
    *("follows_format", "instructions_followed", "instructions_followed_loose", "grounded", "complete"),
)
PREDICTION_METRICS = ("quality_score", "is_safe", "latency_ms")
_SHOWN = (
    *("prompt", "generated", "reference", "error_category", "evidence"),
    *("feature", "split", "example_id", "repetition"),
)
"""What people read comes first, what identifies it last."""

Rows = Sequence[Mapping[str, Any]]


def evaluate_in_mlflow(predictions: Rows, text_scores: Rows, *, tracking_uri: str, run_id: str) -> dict[str, float]:
    """Log ``eval_results_table`` and aggregate metrics of one model's answers into a run that there is.

    Args:
        predictions: rows of ``prediction_table`` of one model.
        text_scores: rows of ``text_scores``; each prediction needs its own, others are ignored.
        tracking_uri: where MLflow keeps its runs.
        run_id: the run to log into; it stays running or finished as it was found.

    Returns:
        MLflow's aggregates: ``<metric>/mean``, ``/variance`` and ``/p90`` over the answers that have the score. A
        metric that no answer has is left out, in the table too.

    Raises:
        KeyError: when a prediction has no row in ``text_scores``.
        ValueError: when the predictions are of several models.
    """
    if len(models := {str(row["model"]) for row in predictions}) > 1:
        raise ValueError(f"predictions of {', '.join(sorted(models))}: an MLflow run holds those of one model")
    return log_evaluation(with_text_scores(predictions, text_scores), tracking_uri=tracking_uri, run_id=run_id)


def with_text_scores(predictions: Rows, text_scores: Rows) -> list[dict[str, Any]]:
    """Each prediction with what the table shows of it, and its scores.

    Raises:
        KeyError: when a prediction has no row in ``text_scores``.
    """
    by_answer = {_answer(row): row for row in text_scores}
    return [
        {name: row.get(name) for name in (*_SHOWN, *PREDICTION_METRICS)}
        | {name: by_answer[_answer(row)].get(name) for name in TEXT_METRICS}
        for row in predictions
    ]


def log_evaluation(rows: Rows, *, tracking_uri: str, run_id: str) -> dict[str, float]:
    """What :func:`evaluate_in_mlflow` does, for rows of :func:`with_text_scores`."""
    if not _scores(rows):
        return {}
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    import mlflow
    import pandas as pd

    client, there = mlflow.MlflowClient(tracking_uri), mlflow.get_tracking_uri()
    status = client.get_run(run_id).info.status
    frame = pd.DataFrame([{name: row[name] for name in _SHOWN} for row in rows])
    frame["generated"] = frame["generated"].fillna("")
    if any(artifact.path == TABLE for artifact in client.list_artifacts(run_id)):
        client.log_dict(run_id, {"columns": [], "data": []}, TABLE)  # MLflow adds to a table that is there
    mlflow.set_tracking_uri(tracking_uri)
    try:
        with warnings.catch_warnings(), mlflow.start_run(run_id=run_id):
            warnings.simplefilter("ignore")  # MLflow's and pandas' own, which a caller can do nothing about
            result = mlflow.models.evaluate(
                data=frame,
                predictions="generated",
                extra_metrics=[_metric(name, values) for name, values in _scores(rows).items()],
                evaluators="default",
                evaluator_config={"log_model_explainability": False},
            )
    finally:
        mlflow.set_tracking_uri(there)
    client.update_run(run_id, status=status)
    return {name: float(value) for name, value in result.metrics.items()}


def _scores(rows: Rows) -> dict[str, list[float | None]]:
    """Metric → its value for each row, for the metrics that any row has."""
    columns = {name: [row[name] for row in rows] for name in (*TEXT_METRICS, *PREDICTION_METRICS)}
    return {
        name: [None if value is None else float(value) for value in values]
        for name, values in columns.items()
        if any(value is not None for value in values)
    }


def _answer(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["example_id"], row["model"], row["repetition"]


def _metric(name: str, values: Sequence[Any]) -> Any:
    from mlflow.metrics import MetricValue, make_metric

    known = [value for value in values if value is not None]

    def looked_up(predictions: Any) -> Any:
        import numpy as np

        # What could not be scored is null in the table and takes no part in the aggregates.
        return MetricValue(
            scores=list(values),
            aggregate_results={
                "mean": float(np.mean(known)),
                "variance": float(np.var(known)),
                "p90": float(np.percentile(known, 90)),
            },
        )

    return make_metric(
        eval_fn=looked_up, greater_is_better=name not in ("flesch_kincaid_grade", "latency_ms"), name=name
    )
