"""What a sink is told: one record per week and model, built from stored rows, with a fingerprint of all of it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.sinks.mlflow_evaluation import with_text_scores
from llm_eval_pipeline.windows import iso_week

Row = Mapping[str, Any]
_TOLD_ELSEWHERE = ("model", "repetition")
_READ_FIRST = (
    *("prompt", "reference", "generated", "quality_score", "latency_ms", "is_safe", "error_category"),
    *("evidence", "rationale"),
)
"""The columns that people read, in the order in which a table shows them; what identifies a row comes after."""
MOST_ROWS = 2000
"""So many rows of a table are told; the warehouse holds all of them. Ids are hashes, so any are as good."""


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
    judged_by: Iterable[tuple[str, str]],
    text_scores: Iterable[Row] | None = None,
) -> list[Record]:
    """One record per model of the week's rows.

    Args:
        week: the window.
        aggregates: rows of ``aggregate_metrics``; a null value is not told, since no number stands for it.
        predictions: rows of ``prediction_table``, of which the first ``MOST_ROWS`` of each model are told.
        failures: rows of ``failure_table``, likewise.
        judged_by: the (judge, rubric version) pairs that the week's scores come from.
        text_scores: rows of ``text_scores``, for MLflow's evaluation of the predictions that are told; without them
            there is none.
    """
    by_model: dict[str, dict[str, float]] = {}
    for row in aggregates:
        if row["value"] is not None:
            name = row["metric"] if row["feature"] == ALL else f"{row['metric']}/{row['feature']}"
            by_model.setdefault(row["model"], {})[name] = row["value"]
    instruments = list(judged_by)
    told = {"prediction_table": _first_of_each(predictions), "failure_table": _first_of_each(failures)}
    evaluated = _evaluated(told["prediction_table"].answers, text_scores) if text_scores is not None else {}
    return [
        Record(
            week=week,
            model=model,
            config={
                "week": week,
                "iso_week": iso_week(week),
                "model": model,
                "judge": ", ".join(sorted({judge for judge, _ in instruments})),
                "rubric_version": ", ".join(sorted({version for _, version in instruments})),
                **{f"{name}_rows": f"{told[name].all[model]:,}" for name in told},
            },
            metrics=metrics,
            tables={name: told[name].rows[model] for name in told},
            evaluated=evaluated.get(model, []),
        )
        for model, metrics in sorted(by_model.items())
    ]


@dataclass(slots=True)
class _Told:
    """By model, the answers that are told, and how many there are."""

    answers: defaultdict[str, list[Row]]
    all: Counter[str]

    @property
    def rows(self) -> defaultdict[str, list[dict[str, Any]]]:
        """The answers without what the run itself tells."""
        return defaultdict(
            list,
            {model: [_in_order(row) for row in rows] for model, rows in self.answers.items()},
        )


def _in_order(row: Row) -> dict[str, Any]:
    first = {name: row[name] for name in _READ_FIRST if name in row}
    return first | {name: value for name, value in row.items() if name not in _TOLD_ELSEWHERE}


def _first_of_each(rows: Iterable[Row]) -> _Told:
    told = _Told(defaultdict(list), Counter())
    for row in rows:
        model = row["model"]
        told.all[model] += 1
        if told.all[model] <= MOST_ROWS:
            told.answers[model].append(row)
    return told


def _evaluated(answers: Mapping[str, list[Row]], text_scores: Iterable[Row]) -> dict[str, list[dict[str, Any]]]:
    """By model, its answers with their text scores, of which the others are passed over as they come."""
    wanted = {(row["example_id"], row["model"], row["repetition"]) for rows in answers.values() for row in rows}
    texts = [row for row in text_scores if (row["example_id"], row["model"], row["repetition"]) in wanted]
    return {model: with_text_scores(rows, texts) for model, rows in answers.items()}
