"""Spans that real instrumentors sent, where they are at hand."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import pytest

from llm_eval_pipeline.production.completeness import stale_days
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import price

CAPTURES = Path(os.environ.get("LLM_EVAL_SHARED_DATA", "")) / "otlp"
pytestmark = pytest.mark.skipif(
    "LLM_EVAL_SHARED_DATA" not in os.environ or not CAPTURES.is_dir(),
    reason="LLM_EVAL_SHARED_DATA names no folder with captured spans",
)


def test_captures_are_read_whole_and_both_encodings_are_one(warehouse: Warehouse) -> None:
    report = land(CAPTURES, warehouse, price)
    assert (report.spans, report.quarantined) == (508, 0)  # (52 + 150 + 52) spans, each in two encodings
    days = compile_days(stale_days(warehouse), warehouse)
    assert sum(day.written for day in days) == 254
    assert sum(day.conflicting for day in days) == 0
    rows = warehouse.read_many(PRODUCTION_TRACES, [day.day for day in days]).to_pylist()
    calls = [row for row in rows if row["operation"] == "chat"]
    assert len(calls) == 77
    answered = [row for row in calls if row["status"] != "error"]
    assert all(row["input"] and row["output"] and row["model_resolved"] for row in answered)
    assert all(row["cost_usd"] > Decimal(0) for row in answered)
    assert all(row["cost_usd"] is None for row in calls if row["status"] == "error")
    assert any(row["cache_read_tokens"] for row in calls)
    assert {row["feature"] for row in calls} > {"summarization", "extraction"}
