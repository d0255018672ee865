"""The judged sample as an asset: how large it is, and what it says of itself."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from llm_eval_pipeline import assembly
from llm_eval_pipeline.defs.evaluation.instruments import trace_scores
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.production.sample_size import needed
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import days_of, start_of

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
WEEK = trace_scores.partitions_def.get_partition_keys()[0]  # type: ignore[union-attr]
BASELINE = ("2020-01-06", "2020-01-13")


def request(number: int) -> dict[str, Any]:
    """One of four requests is about billing; one of twenty of the others was disliked."""
    return {
        "trace_id": f"{number:032x}",
        "span_id": f"{number:016x}",
        "started_at": start_of(date.fromisoformat(WEEK)) + timedelta(seconds=number),
        "operation": "chat",
        "status": "ok",
        "input": f"What does step {number} do?",
        "output": f"Step {number} copies the file." if number % 3 else "I cannot say.",
        "feature": "billing" if number % 4 == 0 else "search",
        "is_entry": True,
        "request_model": "m",
        "request_feedback": 0.0 if number % 20 == 1 else None,
    }


def materialised(folder: Path, **settings: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows and metadata of a week with 400 requests, after a baseline of two weeks whose scores are 0.7 and 0.9."""
    chosen = Settings(warehouse=str(folder / "warehouse"), state_dir=folder, baseline_weeks=2, **settings)
    warehouse = Warehouse(chosen.warehouse)
    warehouse.write(PRODUCTION_TRACES, days_of(WEEK)[0], [request(number) for number in range(400)])
    for week in BASELINE:
        rows = [{"trace_id": str(n), "quality_score": (0.7, 0.9)[n % 2], "weight": 1.0} for n in range(50)]
        warehouse.write(TRACE_SCORES, week, rows)
    asker = assembly.asker(chosen)
    resources = {
        "settings": chosen,
        "warehouse": warehouse,
        "judge": assembly.judge(chosen),
        "moderator": None,
        "asker": asker,
    }
    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize([trace_scores], partition_key=WEEK, resources=resources, instance=instance)
    asker.ledger.close()
    (event,) = ran.asset_materializations_for_node("trace_scores")
    return warehouse.read(TRACE_SCORES, WEEK).to_pylist(), {name: one.value for name, one in event.metadata.items()}


def test_it_says_what_it_stands_for_and_what_it_cannot_show(tmp_path: Path) -> None:
    rows, shown = materialised(tmp_path, judge_sample=60)
    assert (shown["judged"], shown["requests"], shown["strata"]) == (len(rows), 400, 3)
    assert shown["drawn"] == sum(row["weight"] is not None for row in rows)
    assert 0 < shown["smallest_fall_it_shows"] < 1
    assert "wanted_of_equal_weight" not in shown
    sample = {(one.data["feature"], one.data["feedback"]): one.data for one in shown["sample"].records}
    assert {name: one["requests"] for name, one in sample.items()} == {
        ("search", "none"): 280.0,
        ("billing", "none"): 100.0,
        ("search", "disliked"): 20.0,
    }


def test_it_is_as_large_as_the_fall_needs_that_it_is_to_show(tmp_path: Path) -> None:
    rows, shown = materialised(tmp_path, judge_sample=300, judge_detects=0.05)
    # the baseline's scores are 0.1 from their mean: (2.576 + 0.842)² · 0.1² · (1 + 1/2) / 0.05² = 70.8 with n - 1
    assert shown["wanted_of_equal_weight"] == needed(0.05, 0.1 * (100 / 99) ** 0.5, weeks=2, alpha=0.01) == 71
    drawn = [row for row in rows if row["weight"] is not None]
    assert 71 <= len(drawn) <= 75
    assert len(rows) - len(drawn) <= 20  # those that were disliked


def test_it_is_never_larger_than_the_most(tmp_path: Path) -> None:
    rows, shown = materialised(tmp_path, judge_sample=50, judge_detects=0.05)
    assert len(rows) <= 50
    assert shown["wanted_of_equal_weight"] == 71
