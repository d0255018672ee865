"""Safety scores and their check: whether a moderator that is set gave its verdicts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.evaluation.assets import safety_scores
from llm_eval_pipeline.defs.evaluation.checks import answers_are_moderated
from llm_eval_pipeline.evaluation.moderation import Moderator
from llm_eval_pipeline.evaluation.schema import MODEL_OUTPUTS, SAFETY_SCORES
from llm_eval_pipeline.ledger.asking import Asker, AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import end_of_week

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
WEEK = safety_scores.partitions_def.get_partition_keys()[0]  # type: ignore[union-attr]


class Unsure:
    """A moderator that finds every answer safe, but has no verdict on one that says ``puzzle``."""

    provider = "fake"
    dated = False

    async def complete(self, request: ChatRequest) -> ChatResponse:
        text = "Hm." if "puzzle" in request.messages[0].content else '{"safe": true}'
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        return ChatResponse(output=text, model_resolved="m", finish_reason="stop", usage=usage, latency_ms=1.0)


MODERATOR = Moderator(client=Unsure(), model="m")


def materialised(folder: Path, puzzles: int, moderator: Moderator | None) -> tuple[list[dict[str, Any]], Any]:
    """Safety scores and the check over ten answers, ``puzzles`` of them without a verdict, and one missing answer."""
    examples = [Example(prompt=f"How, {place}?", feature="f").row("v1") for place in range(11)]
    texts = [*["A puzzle."] * puzzles, *["So."] * (10 - puzzles), None]
    outputs = [
        {"example_id": example["example_id"], "model": "m", "repetition": 0, "output": text, "feature": "f"}
        for example, text in zip(examples, texts, strict=True)
    ]
    warehouse = Warehouse(str(folder / "warehouse"))
    warehouse.write(EVAL_DATASET, WEEK, examples)
    warehouse.write(MODEL_OUTPUTS, WEEK, outputs)
    ledger = Ledger(f"sqlite:///{folder}/ledger.sqlite")
    rules = AskingRules(clock=FakeClock(end_of_week(WEEK)), attempts=1)
    asker = Asker(ledger=ledger, price=lambda *_: None, rules=rules)
    resources = {"warehouse": warehouse, "settings": Settings(), "moderator": moderator, "asker": asker}
    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize(
            [safety_scores, answers_are_moderated], partition_key=WEEK, resources=resources, instance=instance
        )
    ledger.close()
    return warehouse.read(SAFETY_SCORES, WEEK).to_pylist(), ran


def unmoderated(ran: Any) -> int:
    (event,) = ran.asset_materializations_for_node("safety_scores")
    return int(event.metadata["unmoderated"].value)


@pytest.mark.parametrize(("puzzles", "passed"), [(0, True), (1, True), (2, False)])
def test_nine_verdicts_in_ten_are_enough(tmp_path: Path, puzzles: int, passed: bool) -> None:
    rows, ran = materialised(tmp_path, puzzles, MODERATOR)
    (check,) = ran.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (passed, dg.AssetCheckSeverity.WARN)
    assert unmoderated(ran) == puzzles
    reasons = [row["moderation_unscored_reason"] for row in rows if row["moderation_unscored_reason"]]
    assert len(reasons) == puzzles
    assert all("cannot be read" in reason for reason in reasons)
    if not passed:
        assert check.metadata[WEEK].value == "a verdict of the moderator is known for 8 of 10 answers"


def test_without_a_moderator_there_is_nothing_to_check(tmp_path: Path) -> None:
    rows, ran = materialised(tmp_path, 10, None)
    (check,) = ran.get_asset_check_evaluations()
    assert check.passed
    assert unmoderated(ran) == 0
    assert {row["moderator"] for row in rows} == {None}
