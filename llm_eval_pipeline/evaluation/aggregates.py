"""Aggregate metrics: for each model and feature, a value, its interval, and how many rows could not be scored.

Belongs here: grouping, and what a row of the table is. Which metrics there are is in ``metrics.py``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.answer_columns import codes, read_answers, with_example_columns
from llm_eval_pipeline.evaluation.metrics import METRICS
from llm_eval_pipeline.storage.warehouse import Warehouse

ALL = "all"
_TABLES = (
    *(schema.MODEL_OUTPUTS, schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES),
    schema.PREDICTION_TABLE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """Rows of one model and one feature, or of all features.

    ``rows`` are places in the table. ``clusters`` names each row's example by a number, and is None where every example
    stands in one row, as without repetitions.
    """

    model: str
    feature: str
    rows: np.ndarray
    clusters: np.ndarray | None


def measured_answers(warehouse: Warehouse, week: str) -> pa.Table:
    """A week's answers with the columns that the metrics need and no others, for :func:`aggregate_rows`.

    Raises:
        MissingPartitionError: when a table of the week has never been written.
        AnswersDifferError: when the tables do not hold the same answers.
    """
    needed = {"feature"} | {name for metric in METRICS for name in metric.needs}
    wanted = []
    for table in _TABLES:
        columns = [name for name in table.schema.names if name in needed]
        wanted.append((table, columns))
        needed -= set(columns)
    answers = read_answers(warehouse, week, wanted)
    return with_example_columns(answers, warehouse.read(EVAL_DATASET, week, ["example_id", "should_refuse"]))


def aggregate_rows(answers: pa.Table) -> list[dict[str, Any]]:
    """Rows of ``aggregate_metrics``.

    Args:
        answers: one row per answer with ``example_id``, ``model``, ``feature`` and columns of the outputs, the scores
            and the examples. A row that lacks a value leaves the metric and is counted in ``n_unscored``.

    Returns:
        One row per model × feature (and ``all``) × metric. A metric that no row has a value for keeps its row, with
        a null value: nothing known is not zero. A metric of a column that the table does not have is left out.
    """
    slices = list(_slices(answers))
    rows: list[list[dict[str, Any]]] = [[] for _ in slices]
    for metric in METRICS:
        if not set(metric.needs) <= set(answers.column_names):
            continue
        values = metric.values(answers)
        for one, into in zip(slices, rows, strict=True):
            mine = values[one.rows]
            known = ~np.isnan(mine) if mine.ndim == 1 else ~np.isnan(mine).any(axis=1)
            clusters = None if one.clusters is None else one.clusters[known]
            value, interval = metric.summary(mine[known], clusters)
            low, high = interval or (None, None)
            n = int(known.sum())
            into.append(
                {
                    "model": one.model,
                    "feature": one.feature,
                    "metric": metric.name,
                    "value": value,
                    "ci_low": low,
                    "ci_high": high,
                    "n": n,
                    "n_unscored": len(mine) - n,
                }
            )
    return [row for those in rows for row in those]


def _slices(answers: pa.Table) -> list[Slice]:
    (model, models), (feature, features) = codes(answers, "model"), codes(answers, "feature")
    example, _ = codes(answers, "example_id")
    found = {}
    for number, name in enumerate(models.to_pylist()):
        of_model = np.flatnonzero(model == number)
        found[name, ALL] = of_model
        for place, title in enumerate(features.to_pylist()):
            if len(rows := of_model[feature[of_model] == place]):
                found[name, title] = rows
    return [
        Slice(model=name, feature=title, rows=rows, clusters=_clusters(example[rows]))
        for (name, title), rows in sorted(found.items(), key=lambda one: one[0])
    ]


def _clusters(examples: np.ndarray) -> np.ndarray | None:
    return examples if len(np.unique(examples)) < len(examples) else None
