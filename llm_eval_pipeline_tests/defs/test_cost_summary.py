"""The asset of costs: which calls it counts, and what it says of those without a price."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, Message, TokenUsage
from llm_eval_pipeline.costs.schema import COST_SUMMARY
from llm_eval_pipeline.defs.costs.assets import cost_summary
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Answer, Call
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
WEEK = cost_summary.partitions_def.get_partition_keys()[0]  # type: ignore[union-attr]
MONDAY = datetime.fromisoformat(WEEK).replace(tzinfo=UTC)


def made(occasion: str, at: datetime, *, purpose: str = "generation", cost: str | None = "1") -> tuple[Call, Answer]:
    request = ChatRequest(model="m", messages=(Message(role="user", content="what?"),))
    call = Call(request=request, provider="p", purpose=purpose, occasion=occasion, label="example 1")
    response = ChatResponse(
        output="this",
        model_resolved="m",
        finish_reason="stop",
        usage=TokenUsage(input_tokens=2, output_tokens=1),
        latency_ms=1.0,
    )
    answer = Answer(
        key=call.key,
        response=response,
        error=None,
        called_at=at,
        cost_usd=None if cost is None else Decimal(cost),
        called_late=False,
        replayed=False,
    )
    return call, answer


def summarised(folder: Path, *calls: tuple[Call, Answer]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows of the week, and the numbers that the asset shows; made twice, which must give the same rows."""
    ledger, warehouse = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}"), Warehouse(str(folder / "warehouse"))
    ledger.append(calls)
    asker = Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules())
    resources = {"warehouse": warehouse, "asker": asker, "settings": Settings()}
    told = []
    for _ in range(2):
        with dg.DagsterInstance.ephemeral() as instance:
            ran = dg.materialize([cost_summary], partition_key=WEEK, resources=resources, instance=instance)
        (event,) = ran.asset_materializations_for_node("cost_summary")
        shown = {name: value.value for name, value in event.metadata.items() if name != "preview"}
        told.append((warehouse.read(COST_SUMMARY, WEEK).to_pylist(), shown))
    ledger.close()
    assert told[0] == told[1]
    return told[0]


def test_re_evaluations_of_the_week_are_part_of_its_cost(tmp_path: Path) -> None:
    rows, shown = summarised(
        tmp_path,
        made(WEEK, MONDAY + timedelta(days=8), cost="1"),
        made("reevaluate/p1", MONDAY, cost="2"),
        made("reevaluate/p2", MONDAY + timedelta(days=7), cost="4"),  # of the week after
    )
    assert [(row["day"], row["purpose"], row["cost_usd"]) for row in rows] == [
        (MONDAY.date(), "generation", 2),
        ((MONDAY + timedelta(days=8)).date(), "generation", 1),
    ]
    assert shown["generation_usd"] == 3.0


def test_a_purpose_without_any_price_shows_no_amount(tmp_path: Path) -> None:
    _, shown = summarised(tmp_path, made(WEEK, MONDAY, cost=None), made(WEEK, MONDAY, purpose="judge", cost="0"))
    assert "generation_usd" not in shown
    assert "application_usd" not in shown
