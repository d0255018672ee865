"""What the dashboard says where little is known."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from llm_eval_pipeline.dashboards.overview import _spent, _standing
from llm_eval_pipeline.dashboards.summary import _said


def rows(*verdicts: str) -> list[dict[str, Any]]:
    return [{"verdict": verdict, "reason": ""} for verdict in verdicts]


@pytest.mark.parametrize(
    ("verdicts", "tile", "line"),
    [
        (("stable", "no_data"), "stable", "stable    1 metrics"),
        (("no_data", "no_data"), "no data", "no data   2 metrics are silent"),
        (("no_data", "low_power"), "no verdict", "no verdict  2 metrics are silent"),
        ((), "no data", "no data   0 metrics are silent"),
    ],
)
def test_only_a_verdict_makes_a_week_stable(verdicts: tuple[str, ...], tile: str, line: str) -> None:
    shown = _standing(rows(*verdicts), [])
    assert (shown.value, shown.mood) == (tile, "good" if tile == "stable" else "")
    assert _said(rows(*verdicts), []) == line


@pytest.mark.parametrize(
    ("costs", "shown"),
    [
        ([], "no data"),
        ([(None, 3)], "no data"),
        ([(Decimal("1.5"), 0)], "$1.50"),
        ([(Decimal("1.5"), 2), (None, 3)], "$1.50 (5 unpriced)"),
    ],
)
def test_what_has_no_price_is_named_and_not_free(costs: list[tuple[Decimal | None, int]], shown: str) -> None:
    assert _spent([{"cost_usd": usd, "unpriced_calls": n} for usd, n in costs]) == shown
