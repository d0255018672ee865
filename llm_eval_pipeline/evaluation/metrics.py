"""The metrics of an evaluation: what each takes from a row, and how rows become a number with an interval.

A row's value is NaN where nothing is known of it, or where the metric does not speak of it: over-refusal, say, of an
answer that should be a refusal.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.evaluation.answer_columns import column_numbers, numbers
from llm_eval_pipeline.evaluation.bootstrap import ratio_interval
from llm_eval_pipeline.evaluation.clusters import cluster_sums
from llm_eval_pipeline.evaluation.completeness import CUT_OFF
from llm_eval_pipeline.evaluation.failures import CATEGORIES, TOXIC_FROM
from llm_eval_pipeline.evaluation.intervals import Interval, mean_interval, quantile_interval, rate_interval
from llm_eval_pipeline.evaluation.quality_shape import Split, split

Summary = tuple[float | None, Interval]
Clusters = np.ndarray | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerMetric:
    """One metric.

    ``needs`` are columns; ``values`` gives a float64 array of shape (rows,), or (rows, 2) for a ratio, with NaN where
    nothing is known; ``summary`` turns the known ones and their clusters into a value and its interval.
    """

    name: str
    needs: tuple[str, ...]
    values: Callable[[pa.Table], np.ndarray]
    summary: Callable[[np.ndarray, Clusters], Summary]


def _mean(values: np.ndarray, clusters: Clusters) -> Summary:
    return (float(values.mean()), mean_interval(values, clusters)) if len(values) else (None, None)


def _rate(hits: np.ndarray, clusters: Clusters) -> Summary:
    return (float(hits.mean()), rate_interval(hits, clusters)) if len(hits) else (None, None)


def _quantile(q: float) -> Callable[[np.ndarray, Clusters], Summary]:
    def summary(values: np.ndarray, clusters: Clusters) -> Summary:
        return (float(np.quantile(values, q)), quantile_interval(values, q, clusters)) if len(values) else (None, None)

    return summary


def _ratio(pairs: np.ndarray, clusters: Clusters) -> Summary:
    top, bottom = (pairs[:, side] if clusters is None else cluster_sums(pairs[:, side], clusters) for side in (0, 1))
    return (float(top.sum() / bottom.sum()), ratio_interval(top, bottom)) if len(top) else (None, None)


def _of_split(part: Callable[[Split, np.ndarray, Clusters], Summary]) -> Callable[[np.ndarray, Clusters], Summary]:
    """A number of the two groups; null where there are not two. Its interval takes the split as given."""

    def summary(scores: np.ndarray, clusters: Clusters) -> Summary:
        cut = split(scores, clusters)
        return part(cut, scores, clusters) if cut is not None and cut.bimodal else (None, None)

    return summary


def _separability(scores: np.ndarray, clusters: Clusters) -> Summary:
    cut = split(scores, clusters)
    return (None, None) if cut is None else (cut.separability, cut.interval)


def _group_mean(low: bool) -> Callable[[Split, np.ndarray, Clusters], Summary]:
    def part(cut: Split, scores: np.ndarray, clusters: Clusters) -> Summary:
        mine = cut.low == low
        return _mean(scores[mine], None if clusters is None else clusters[mine])

    return part


def _column(name: str) -> Callable[[pa.Table], np.ndarray]:
    return lambda answers: numbers(answers, name)


def _not(name: str) -> Callable[[pa.Table], np.ndarray]:
    return lambda answers: 1 - numbers(answers, name)


def _where(condition: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.where(condition, values, np.nan)


def _toxic(answers: pa.Table) -> np.ndarray:
    level = numbers(answers, "toxicity")
    return _where(~np.isnan(level), level >= TOXIC_FROM)


def _refused(should: bool) -> Callable[[pa.Table], np.ndarray]:
    """Wrong refusals among prompts to answer, or wrong answers among prompts to refuse."""

    def values(answers: pa.Table) -> np.ndarray:
        complied = column_numbers(pc.equal(answers.column("refused").cast(pa.string()), "none"))
        return _where(numbers(answers, "should_refuse") == should, complied if should else 1 - complied)

    return values


def _category(name: str) -> Callable[[pa.Table], np.ndarray]:
    """``none`` of an answer that nobody scored says only that nothing was found (:func:`failures.judged`)."""

    def values(answers: pa.Table) -> np.ndarray:
        category = answers.column("error_category").cast(pa.string())
        judged = ~np.isnan(numbers(answers, "quality_score")) | (column_numbers(pc.equal(category, "none")) == 0)
        return _where(judged, column_numbers(pc.equal(category, name)))

    return values


def _tokens_and_seconds(answers: pa.Table) -> np.ndarray:
    """Answers that took no time, or whose tokens nobody counted, say nothing of speed."""
    tokens, seconds = numbers(answers, "output_tokens"), numbers(answers, "latency_ms") / 1000
    return np.column_stack([tokens, _where(seconds > 0, seconds)])


def _cut_off(answers: pa.Table) -> np.ndarray:
    reasons = pc.utf8_lower(answers.column("finish_reason").cast(pa.string()))
    is_cut_off = pc.is_in(reasons, value_set=pa.array(sorted(CUT_OFF)))
    return column_numbers(pc.if_else(pc.is_valid(reasons), is_cut_off, pa.scalar(None, pa.bool_())))


def _failed_calls(answers: pa.Table) -> np.ndarray:
    return column_numbers(pc.is_valid(answers.column("error")))


def _means() -> list[AnswerMetric]:
    columns: dict[str, tuple[str, float, float]] = {
        "quality_mean": ("quality_score", 0, 1),
        "avg_tokens_out": ("output_tokens", 0, np.inf),
        **{name: (name, 0, 100) for name in ("bleu", "chrf")},
        **{name: (name, 0, 1) for name in ("rouge1", "rouge2", "rougeL", "bertscore_f1")},
        "flesch_kincaid_grade": ("flesch_kincaid_grade", -np.inf, np.inf),
        "instruction_following": ("instructions_followed", 0, 1),
        "instruction_following_loose": ("instructions_followed_loose", 0, 1),
    }
    return [
        AnswerMetric(name=f"eval/{name}", needs=(column,), values=_column(column), summary=_mean_within(least, most))
        for name, (column, least, most) in columns.items()
    ]


def _mean_within(least: float, most: float) -> Callable[[np.ndarray, Clusters], Summary]:
    """A mean whose interval stays where the values can be."""

    def summary(values: np.ndarray, clusters: Clusters) -> Summary:
        value, interval = _mean(values, clusters)
        return value, None if interval is None else (max(least, interval[0]), min(most, interval[1]))

    return summary


def _quantiles() -> list[AnswerMetric]:
    wanted = {
        "quality": ("quality_score", {"p25": 0.25, "median": 0.5, "p75": 0.75, "p99": 0.99}),
        "latency": ("latency_ms", {"p50": 0.5, "p95": 0.95, "p99": 0.99}),
        "time_to_first_token": ("time_to_first_token_ms", {"p50": 0.5, "p95": 0.95}),
    }
    return [
        AnswerMetric(name=f"eval/{name}_{title}", needs=(column,), values=_column(column), summary=_quantile(q))
        for name, (column, quantiles) in wanted.items()
        for title, q in quantiles.items()
    ]


def _rates() -> list[AnswerMetric]:
    wanted: dict[str, tuple[tuple[str, ...], Callable[[pa.Table], np.ndarray]]] = {
        "error_rate": (("error",), _failed_calls),
        "safety_violation_rate": (("is_safe",), _not("is_safe")),
        "format_compliance": (("follows_format",), _column("follows_format")),
        "completeness": (("complete",), _column("complete")),
        "truncation_rate": (("finish_reason",), _cut_off),
        "refusal_accuracy": (("refusal_correct",), _column("refusal_correct")),
        "over_refusal_rate": (("refused", "should_refuse"), _refused(should=False)),
        "under_refusal_rate": (("refused", "should_refuse"), _refused(should=True)),
        "hallucination_rate": (("grounded",), _not("grounded")),
        "toxicity_rate": (("toxicity",), _toxic),
        "personal_data_rate": (("personal_data",), _column("personal_data")),
        **{f"category/{name}": (("error_category", "quality_score"), _category(name)) for name in CATEGORIES},
    }
    return [
        AnswerMetric(name=f"eval/{name}", needs=needs, values=values, summary=_rate)
        for name, (needs, values) in wanted.items()
    ]


def _shape() -> list[AnswerMetric]:
    summaries = {
        "bimodality": _separability,
        "low_group_share": _of_split(lambda cut, _scores, clusters: _rate(cut.low.astype(float), clusters)),
        "low_group_mean": _of_split(_group_mean(low=True)),
        "high_group_mean": _of_split(_group_mean(low=False)),
    }
    return [
        AnswerMetric(
            name=f"eval/quality_{name}", needs=("quality_score",), values=_column("quality_score"), summary=summary
        )
        for name, summary in summaries.items()
    ]


METRICS = (
    *_means(),
    *_quantiles(),
    *_rates(),
    *_shape(),
    AnswerMetric(
        name="eval/cost_per_1k_requests_usd",
        needs=("cost_usd",),
        values=lambda answers: 1000 * numbers(answers, "cost_usd"),
        summary=_mean,
    ),
    AnswerMetric(
        name="eval/throughput_tokens_per_s",
        needs=("output_tokens", "latency_ms"),
        values=_tokens_and_seconds,
        summary=_ratio,
    ),
)
"""In the order of the table that people see; cost is USD per 1,000 answered requests, and throughput the tokens of all
answers over the time that they took."""
