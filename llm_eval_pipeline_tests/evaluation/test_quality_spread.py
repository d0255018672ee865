"""The spread that a sample's size is chosen by: the baseline's where it is there, and people's before."""

from __future__ import annotations

from pathlib import Path

import pytest

from llm_eval_pipeline.evaluation.anchors import Anchor
from llm_eval_pipeline.evaluation.quality_spread import quality_spread
from llm_eval_pipeline.evaluation.schema import TRACE_SCORES
from llm_eval_pipeline.production.sample_size import LARGEST_SPREAD
from llm_eval_pipeline.storage.warehouse import Warehouse

WEEKS = ["2026-03-02", "2026-03-09", "2026-03-16", "2026-03-23"]
OF_PEOPLE = [
    Anchor(anchor_id=str(n), prompt="p", output="o", feature="f", human_score=n % 2, human_acceptable=bool(n % 2))
    for n in range(40)
]
PEOPLE = 0.5064  # √(0.25 · 40 / 39)


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(str(tmp_path))


def lay(warehouse: Warehouse, week: str, low: float, high: float, weight: float | None = 1.0) -> None:
    rows = [{"trace_id": str(n), "quality_score": (low, high)[n % 2], "weight": weight} for n in range(20)]
    warehouse.write(TRACE_SCORES, week, rows)


def test_it_is_the_first_weeks_that_have_scores(warehouse: Warehouse) -> None:
    warehouse.write(TRACE_SCORES, WEEKS[0], [])
    lay(warehouse, WEEKS[1], 0.6, 0.8)
    lay(warehouse, WEEKS[2], 0.6, 0.8)
    lay(warehouse, WEEKS[3], 0.0, 1.0)
    found = quality_spread(warehouse, "2026-03-30", 2, OF_PEOPLE)
    assert found == pytest.approx(0.1 * (40 / 39) ** 0.5)


def test_until_the_baseline_is_there_it_is_that_of_peoples_scores(warehouse: Warehouse) -> None:
    lay(warehouse, WEEKS[0], 0.6, 0.8)
    lay(warehouse, WEEKS[1], 0.6, 0.8)
    assert quality_spread(warehouse, WEEKS[1], 2, OF_PEOPLE) == pytest.approx(PEOPLE, abs=1e-4)


def test_without_scores_or_anchors_it_is_the_largest(warehouse: Warehouse) -> None:
    assert quality_spread(warehouse, WEEKS[0], 2, []) == LARGEST_SPREAD


def test_traces_that_were_added_because_they_went_wrong_do_not_count(warehouse: Warehouse) -> None:
    lay(warehouse, WEEKS[0], 0.6, 0.8, weight=None)
    assert quality_spread(warehouse, WEEKS[1], 1, OF_PEOPLE) == pytest.approx(PEOPLE, abs=1e-4)
