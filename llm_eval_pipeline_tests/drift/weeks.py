"""Small warehouses to observe: weeks in which nothing moves but what a test moves."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from llm_eval_pipeline.evaluation import schema
from llm_eval_pipeline.production.metrics import PRODUCTION_METRICS
from llm_eval_pipeline.production.schema import TRACE_PROFILES
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, start_of, week_before

FIRST = "2026-01-05"
BASELINE = [week_before(FIRST, -n) for n in range(8)]
THEN = [week_before(FIRST, -n) for n in range(8, 14)]
"""The weeks after the baseline."""
CANARY, ANCHORS, TRACES, REQUESTS_A_DAY = 150, 60, 150, 40
STEPS = (0.7, 0.75, 0.8, 0.85, 0.9)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """What differs from a healthy week: quality that is lost, as each instrument sees it, and factors of the rest."""

    production: float = 0.0
    canary: float = 0.0
    anchors: float = 0.0
    latency: float = 1.0
    canary_latency: float = 1.0
    input_tokens: float = 1.0


HEALTHY = Moved()


def lay_weeks(warehouse: Warehouse, weeks: list[str], moved: Moved = HEALTHY) -> None:
    """All three instruments of some weeks."""
    for week in weeks:
        lay_production(warehouse, week, moved)
        lay_canary(warehouse, week, moved)
        lay_anchors(warehouse, week, moved)


def lay_production(warehouse: Warehouse, week: str, moved: Moved = HEALTHY) -> None:
    chance = random.Random(week)
    for day in days_of(week):
        rows = [
            _profile(model, feature, metric, [_value(metric, moved, chance) for _ in range(REQUESTS_A_DAY // 2)])
            for model, feature in (("large", "qa"), ("mini", "json"))
            for metric in PRODUCTION_METRICS
        ]
        warehouse.write(TRACE_PROFILES, day, rows)
    traces = [trace(week, number, chance.choice(STEPS) - moved.production) for number in range(TRACES)]
    warehouse.write(schema.TRACE_SCORES, week, traces)


def trace(week: str, number: int, quality: float | None, **fields: Any) -> dict[str, Any]:
    return {
        "trace_id": f"{week}-{number:03d}",
        "feature": ("qa", "json")[number % 2],
        "model": ("large", "mini")[number % 2],
        "started_at": start_of(datetime.fromisoformat(week).date()),
        "quality_score": quality,
        "weight": 1.0,
        "is_safe": True,
        "grounded": True,
        "refused": "none",
        "error_category": "none",
        **fields,
    }


def lay_canary(warehouse: Warehouse, week: str, moved: Moved = HEALTHY, **fields: Any) -> None:
    """Every week the same answers with the same scores, less what is moved; ``fields`` go into every row."""
    rows = [
        {
            "example_id": f"e{number:03d}",
            "model": ("large", "mini")[number % 2],
            "repetition": 0,
            "feature": "qa",
            "split": "canary" if number < CANARY else "regression",
            "latency_ms": (100.0 + number) * moved.canary_latency,
            "output_tokens": 20 + number % 7,
            "called_late": False,
            "quality_score": STEPS[number % 5] - moved.canary,
            "is_safe": True,
            "grounded": True,
            "refused": "none",
            "error_category": "none",
            **fields,
        }
        for number in range(CANARY + 10)
    ]
    tables = (schema.MODEL_OUTPUTS, schema.JUDGE_SCORES, schema.SAFETY_SCORES, schema.TEXT_SCORES)
    for table in (*tables, schema.PREDICTION_TABLE):
        warehouse.write(table, week, [{k: v for k, v in row.items() if k in table.schema.names} for row in rows])


def lay_anchors(warehouse: Warehouse, week: str, moved: Moved = HEALTHY) -> None:
    rows = [
        {"anchor_id": f"a{n:02d}", "feature": "qa", "quality_score": STEPS[n % 5] - moved.anchors}
        for n in range(ANCHORS)
    ]
    warehouse.write(schema.ANCHOR_SCORES, week, rows)


def _value(metric: str, moved: Moved, chance: random.Random) -> float:
    if metric == "latency_ms":
        return round(chance.lognormvariate(6, 0.3) * moved.latency)
    if metric == "input_tokens":
        return round(chance.gauss(400, 40) * moved.input_tokens)
    if metric == "feedback":
        return float(chance.random() < 0.8)
    return 0.0 if metric == "error_rate" else 1.0


def _profile(model: str, feature: str, metric: str, values: list[float]) -> dict[str, Any]:
    distinct = sorted(set(values))
    return {
        "model": model,
        "feature": feature,
        "metric": metric,
        "kind": PRODUCTION_METRICS[metric].kind,
        "better": PRODUCTION_METRICS[metric].better,
        "values": distinct,
        "counts": [values.count(value) for value in distinct],
        "n": len(values),
        "n_missing": 0,
    }
