"""What a sink is told: one record per week and model, built from stored rows, with a fingerprint of all of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.sinks.mlflow_evaluation import with_text_scores
from llm_eval_pipeline.windows import iso_week

Row = Mapping[str, Any]
_TOLD_ELSEWHERE = ("model", "repetition")


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An evaluation of one model in one week.

    ``metrics`` has the aggregates of all features under their own names (``eval/quality_mean``) and those of one
    feature under name and feature (``eval/quality_mean/summarisation``). ``tables`` are rows by name of table, and
    ``evaluated`` the rows of MLflow's own evaluation table.
    """

    week: str
    model: str
    config: dict[str, str]
    metrics: dict[str, float]
    tables: dict[str, list[dict[str, Any]]]
    evaluated: list[dict[str, Any]] = field(default_factory=list)

    @property
    def run_id(self) -> str:
        """The same for the same week and model, on any machine: 16 hex digits."""
        return hashlib.sha256(f"evaluation/{self.week}/{self.model}".encode()).hexdigest()[:16]

    @property
    def name(self) -> str:
        """What people read: the ISO week and the model."""
        return f"{iso_week(self.week)} {self.model}"

    @property
    def fingerprint(self) -> str:
        """Equal when a sink has nothing new to be told."""
        return hashlib.sha256(orjson.dumps(self, option=orjson.OPT_SORT_KEYS)).hexdigest()


def records(
    week: str,
    *,
    aggregates: Iterable[Row],
    predictions: Iterable[Row],
    failures: Iterable[Row],
    scores: Iterable[Row],
    text_scores: Iterable[Row] | None = None,
) -> list[Record]:
    """One record per model of the week's rows.

    Args:
        week: the window.
        aggregates: rows of ``aggregate_metrics``; a null value is not told, since no number stands for it.
        predictions: rows of ``prediction_table``.
        failures: rows of ``failure_table``.
        scores: rows of ``judge_scores``, for the versions of what judged.
        text_scores: rows of ``text_scores``, for MLflow's evaluation table; without them there is none.
    """
    by_model: dict[str, dict[str, float]] = {}
    for row in aggregates:
        if row["value"] is not None:
            name = row["metric"] if row["feature"] == ALL else f"{row['metric']}/{row['feature']}"
            by_model.setdefault(row["model"], {})[name] = row["value"]
    judged = list(scores)
    predicted, texts = list(predictions), None if text_scores is None else list(text_scores)
    tables = {"prediction_table": predicted, "failure_table": list(failures)}
    return [
        Record(
            week=week,
            model=model,
            config={
                "week": week,
                "iso_week": iso_week(week),
                "model": model,
                "judge": _versions(judged, "judge"),
                "rubric_version": _versions(judged, "rubric_version"),
            },
            metrics=metrics,
            tables={name: _of_model(rows, model) for name, rows in tables.items()},
            evaluated=with_text_scores([row for row in predicted if row["model"] == model], texts) if texts else [],
        )
        for model, metrics in sorted(by_model.items())
    ]


def _versions(rows: Sequence[Row], column: str) -> str:
    return ", ".join(sorted({row[column] for row in rows if row[column] is not None}))


def _of_model(rows: Iterable[Row], model: str) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k not in _TOLD_ELSEWHERE} for row in rows if row["model"] == model]
