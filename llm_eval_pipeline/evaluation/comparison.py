"""Two models on the same examples: what the second does better or worse, example by example.

The pairing takes away how hard the examples are, so a difference shows long before the models' own intervals part.
Repetitions of an example are averaged first: the example is what is independent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
import pyarrow as pa

from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.evaluation.aggregates import ALL
from llm_eval_pipeline.evaluation.answer_columns import codes, numbers, read_answers
from llm_eval_pipeline.evaluation.intervals import mean_interval, quantile_interval, wilson
from llm_eval_pipeline.evaluation.outcomes import passes
from llm_eval_pipeline.evaluation.paired_tests import mcnemar, sign_flip_pvalue
from llm_eval_pipeline.evaluation.tie_margin import TIE_MARGIN, WINS_FROM
from llm_eval_pipeline.storage.warehouse import Warehouse


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What one model shows of each example: arrays of shape (examples,), NaN where nothing is known.

    ``asked`` says which examples it was asked at all. ``passed`` is 1 where most repetitions pass.
    """

    asked: np.ndarray
    quality: np.ndarray
    passed: np.ndarray
    latency_ms: np.ndarray
    cost_usd: np.ndarray


def compared_answers(warehouse: Warehouse, week: str) -> pa.Table:
    """A week's answers with the columns that :func:`comparison_rows` needs.

    Raises:
        MissingPartitionError: when a table of the week has never been written.
        AnswersDifferError: when the tables do not hold the same answers.
    """
    wanted = [
        (schema.MODEL_OUTPUTS, ["feature", "latency_ms", "cost_usd"]),
        (schema.JUDGE_SCORES, ["quality_score"]),
        (schema.SAFETY_SCORES, ["is_safe"]),
    ]
    return read_answers(warehouse, week, wanted)


def comparison_rows(answers: pa.Table, first: Sequence[str] = ()) -> list[dict[str, Any]]:
    """Rows of ``model_comparison``: each pair of models × feature (and ``all``).

    Args:
        answers: one row per answer with the key, ``feature``, ``quality_score``, ``is_safe``, ``latency_ms`` and
            ``cost_usd``.
        first: models in the order in which they are the base of a pair; others follow by name.

    Returns:
        One row per pair and feature that has examples of both. Every difference is the other's value less the base's.
        The p-values are of one comparison each: of 20 rows, one is below 0.05 by chance.
    """
    example, examples = codes(answers, "example_id")
    (model, models), (feature, features) = codes(answers, "model"), codes(answers, "feature")
    of_example = np.full(len(examples), -1, dtype=np.int64)
    of_example[example] = feature
    names = models.to_pylist()
    by_model = {name: _measured(answers, example, len(examples), model == at) for at, name in enumerate(names)}
    order = [name for name in dict.fromkeys(first) if name in by_model]
    order += [name for name in names if name not in order]
    slices = {ALL: np.ones(len(examples), dtype=bool)}
    slices |= {name: of_example == place for place, name in enumerate(features.to_pylist())}
    return [
        {"model_base": base, "model_other": other, "feature": title, **_compared(by_model[base], by_model[other], both)}
        for base, other in combinations(order, 2)
        for title, inside in slices.items()
        if (both := inside & by_model[base].asked & by_model[other].asked).any()
    ]


def _measured(answers: pa.Table, example: np.ndarray, size: int, mine: np.ndarray) -> Measured:
    def mean(values: np.ndarray) -> np.ndarray:
        known = mine & ~np.isnan(values)
        counts = np.bincount(example[known], minlength=size)
        sums = np.bincount(example[known], weights=values[known], minlength=size)
        return np.divide(sums, counts, out=np.full(size, np.nan), where=counts > 0)

    passed = mean(passes(answers))
    return Measured(
        asked=np.bincount(example[mine], minlength=size) > 0,
        quality=mean(numbers(answers, "quality_score")),
        passed=np.where(np.isnan(passed), np.nan, passed > 0.5),
        latency_ms=mean(numbers(answers, "latency_ms")),
        cost_usd=mean(numbers(answers, "cost_usd")),
    )


def _compared(base: Measured, other: Measured, both: np.ndarray) -> dict[str, Any]:
    def known(one: np.ndarray, two: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        there = both & ~np.isnan(one) & ~np.isnan(two)
        return one[there], two[there]

    latency_base, latency_other = known(base.latency_ms, other.latency_ms)
    cost_base, cost_other = known(base.cost_usd, other.cost_usd)
    slower, dearer = latency_other - latency_base, 1000 * (cost_other - cost_base)
    return {
        "n": int(both.sum()),
        **_quality(*known(base.quality, other.quality)),
        **_passes(*known(base.passed, other.passed)),
        "n_latency": len(slower),
        "latency_ms_difference": float(np.median(slower)) if len(slower) else None,
        **_ends("latency_ms_difference", quantile_interval(slower, 0.5)),
        "n_cost": len(dearer),
        "cost_per_1k_difference_usd": float(dearer.mean()) if len(dearer) else None,
        **_ends("cost_per_1k_difference_usd", mean_interval(dearer)),
    }


def _quality(base: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    difference, n = other - base, len(base)
    wins, losses = int((difference >= WINS_FROM).sum()), int((difference <= -WINS_FROM).sum())
    ties = n - wins - losses
    return {
        "n_scored": n,
        "quality_base": float(base.mean()) if n else None,
        "quality_other": float(other.mean()) if n else None,
        "quality_difference": float(difference.mean()) if n else None,
        **_ends("quality_difference", mean_interval(difference)),
        "quality_p_value": sign_flip_pvalue(difference),
        "tie_margin": TIE_MARGIN,
        "wins": wins,
        "ties": ties,
        "losses": losses,
        "win_rate": (wins + ties / 2) / n if n else None,
        # a tie as half a win varies less than a win or a loss does, so Wilson's interval is never too short
        **_ends("win_rate", wilson(wins + ties / 2, n)),
    }


def _passes(base: np.ndarray, other: np.ndarray) -> dict[str, Any]:
    only_base, only_other = int((base > other).sum()), int((other > base).sum())
    return {
        "n_judged": len(base),
        "pass_rate_base": float(base.mean()) if len(base) else None,
        "pass_rate_other": float(other.mean()) if len(other) else None,
        "passed_by_base_only": only_base,
        "passed_by_other_only": only_other,
        "pass_p_value": mcnemar(only_base, only_other) if len(base) else None,
    }


def _ends(name: str, interval: tuple[float, float] | None) -> Mapping[str, float | None]:
    low, high = interval or (None, None)
    return {f"{name}_low": low, f"{name}_high": high}
