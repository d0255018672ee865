"""The asset that compares answers in pairs: each answer with its own scores, each model with its own summary."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.datasets.schema import EVAL_DATASET
from llm_eval_pipeline.defs.evaluation.pairs import pairwise_preferences
from llm_eval_pipeline.evaluation.schema import JUDGE_SCORES, MODEL_OUTPUTS
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
WEEK = pairwise_preferences.partitions_def.get_partition_keys()[0]  # type: ignore[union-attr]
EXAMPLE = Example(prompt="Why?", feature="f").row("v1")
BASE, MINI = Settings().models


def materialised(folder: Path, scores: dict[str, float], answered_by: Sequence[str] = ()) -> Any:
    """The asset over one week with one example: who answered (those that have scores), and the scores."""
    warehouse = Warehouse(str(folder))
    warehouse.write(EVAL_DATASET, WEEK, [EXAMPLE])
    key = {"example_id": EXAMPLE["example_id"], "repetition": 0}
    for table, models in ((MODEL_OUTPUTS, answered_by or list(scores)), (JUDGE_SCORES, list(scores))):
        rows = [
            dict.fromkeys(table.schema.names)
            | key
            | {"model": model, "output": "So.", "quality_score": scores.get(model), "judge": "j", "rubric_version": "r"}
            for model in models
        ]
        warehouse.write(table, WEEK, [{name: row[name] for name in table.schema.names} for row in rows])
    resources = {"warehouse": warehouse, "settings": Settings(), "pairwise_judge": None, "asker": None}
    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize([pairwise_preferences], partition_key=WEEK, resources=resources, instance=instance)
        (event,) = ran.asset_materializations_for_node("pairwise_preferences")
    return {name: value.value for name, value in event.metadata.items()}


def test_each_other_model_is_summarised_by_itself(tmp_path: Path) -> None:
    shown = materialised(tmp_path, {BASE: 0.5, MINI: 0.9, "sample/worse": 0.1})
    assert (shown["pairs"], shown[f"win_rate {MINI}"], shown["win_rate sample/worse"]) == (2, 1.0, 0.0)
    assert "win_rate" not in shown  # pooled it would say that the others are as good as the base


def test_scores_of_other_answers_are_an_error_and_never_a_win(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="score the week again"):
        materialised(tmp_path, {BASE: 0.5, "sample/other": 0.9}, answered_by=[BASE, MINI])
