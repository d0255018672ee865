from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from llm_eval_pipeline.production.landing import LandingReport, land
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import price


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    return Warehouse(str(tmp_path / "warehouse"))


@pytest.fixture
def landing(tmp_path: Path) -> Path:
    folder = tmp_path / "landing"
    folder.mkdir()
    return folder


@pytest.fixture
def landed(landing: Path, warehouse: Warehouse) -> Callable[[], LandingReport]:
    """Land the landing folder as it is now."""
    return lambda: land(landing, warehouse, price)
