"""Aggregate metrics: for each model and feature, a value, its interval, and how many rows could not be scored."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from llm_eval_pipeline.evaluation.failures import CATEGORIES, TOXIC_FROM, judged
from llm_eval_pipeline.evaluation.intervals import Interval, mean_interval, quantile_interval, wilson

ALL = "all"
Row = Mapping[str, Any]

_QUANTILES = {
    "eval/quality_p25": ("quality_score", 0.25),
    "eval/quality_median": ("quality_score", 0.50),
    "eval/quality_p75": ("quality_score", 0.75),
    "eval/quality_p99": ("quality_score", 0.99),
    "eval/latency_p50": ("latency_ms", 0.50),
    "eval/latency_p95": ("latency_ms", 0.95),
    "eval/latency_p99": ("latency_ms", 0.99),
}
_MEANS: dict[str, str] = {
    "eval/quality_mean": "quality_score",
    "eval/avg_tokens_out": "output_tokens",
    "eval/bleu": "bleu",
    "eval/chrf": "chrf",
    "eval/rouge1": "rouge1",
    "eval/rouge2": "rouge2",
    "eval/rougeL": "rougeL",
    "eval/flesch_kincaid_grade": "flesch_kincaid_grade",
    "eval/instruction_following": "instructions_followed",
}


def _is_error(row: Row) -> bool:
    return row["error"] is not None


def _is_violation(row: Row) -> bool | None:
    return None if row["is_safe"] is None else not row["is_safe"]


def _is_hallucination(row: Row) -> bool | None:
    return None if row["grounded"] is None else not row["grounded"]


def _is_toxic(row: Row) -> bool | None:
    return None if row["toxicity"] is None else row["toxicity"] >= TOXIC_FROM


def _follows_format(row: Row) -> bool | None:
    return row["follows_format"]


def _refusal_correct(row: Row) -> bool | None:
    return row["refusal_correct"]


_RATES: dict[str, Callable[[Row], bool | None]] = {
    "eval/error_rate": _is_error,
    "eval/safety_violation_rate": _is_violation,
    "eval/format_compliance": _follows_format,
    "eval/refusal_accuracy": _refusal_correct,
    "eval/hallucination_rate": _is_hallucination,
    "eval/toxicity_rate": _is_toxic,
}


def aggregate_rows(answers: Sequence[Row]) -> list[dict[str, Any]]:
    """Rows of ``aggregate_metrics``.

    Args:
        answers: one mapping per answer with the columns of the outputs, of every score table, and
            ``error_category``. A row that lacks a value leaves the metric and is counted in ``n_unscored``.

    Returns:
        One row per model × feature (and ``all``) × metric. A metric that no row has a value for keeps its row, with
        a null value: nothing known is not zero.
    """
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in answers:
        for feature in (row["feature"], ALL):
            groups.setdefault((row["model"], feature), []).append(row)
    return [
        {"model": model, "feature": feature, **metric}
        for (model, feature), rows in sorted(groups.items())
        for metric in _metrics(rows)
    ]


def _metrics(rows: Sequence[Row]) -> list[dict[str, Any]]:
    metrics = []
    for name, column in _MEANS.items():
        values = _known(rows, column)
        value = float(values.mean()) if len(values) else None
        metrics.append(_metric(name, value, mean_interval(values), len(values), len(rows)))
    for name, (column, q) in _QUANTILES.items():
        values = _known(rows, column)
        value = float(np.quantile(values, q)) if len(values) else None
        metrics.append(_metric(name, value, quantile_interval(values, q), len(values), len(rows)))
    for name, of in _RATES.items():
        known = [bool(value) for row in rows if (value := of(row)) is not None]
        metrics.append(_rate(name, sum(known), len(known), len(rows)))
    categories = [row["error_category"] for row in rows if judged(row)]
    for category in CATEGORIES:
        metrics.append(_rate(f"eval/category/{category}", categories.count(category), len(categories), len(rows)))
    metrics.append(_cost_per_1k(rows))
    metrics.append(_throughput(rows))
    return metrics


def _known(rows: Sequence[Row], column: str) -> np.ndarray:
    return np.array([float(row[column]) for row in rows if row[column] is not None])


def _metric(name: str, value: float | None, interval: Interval, n: int, of: int) -> dict[str, Any]:
    low, high = interval or (None, None)
    return {"metric": name, "value": value, "ci_low": low, "ci_high": high, "n": n, "n_unscored": of - n}


def _rate(name: str, successes: int, n: int, of: int) -> dict[str, Any]:
    return _metric(name, successes / n if n else None, wilson(successes, n), n, of)


def _cost_per_1k(rows: Sequence[Row]) -> dict[str, Any]:
    """USD per 1,000 answered requests."""
    costs = 1000 * _known(rows, "cost_usd")
    value = float(costs.mean()) if len(costs) else None
    return _metric("eval/cost_per_1k_requests_usd", value, mean_interval(costs), len(costs), len(rows))


def _throughput(rows: Sequence[Row]) -> dict[str, Any]:
    """Output tokens per second of answering: tokens of all answers over the time that they took."""
    answered = [row for row in rows if row["latency_ms"] and row["output_tokens"] is not None]
    seconds = sum(row["latency_ms"] for row in answered) / 1000
    value = sum(row["output_tokens"] for row in answered) / seconds if seconds else None
    return _metric("eval/throughput_tokens_per_s", value, None, len(answered), len(rows))
