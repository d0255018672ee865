"""The assets that judge the judge: what they show, and when their check warns."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from llm_eval_pipeline.defs.evaluation.judge_quality import corrected_metrics, judge_is_trusted, judge_quality
from llm_eval_pipeline.evaluation.schema import ANCHOR_SCORES, CORRECTED_METRICS, JUDGE_QUALITY, JUDGE_SCORES
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.evaluation.judge_quality.scores import anchors, answers

pytestmark = pytest.mark.filterwarnings("ignore::dagster.BetaWarning")  # as the package itself does
WEEK = judge_quality.partitions_def.get_partition_keys()[0]  # type: ignore[union-attr]


def materialised(folder: Path, labelled: list[dict[str, Any]]) -> tuple[Warehouse, Any]:
    """Both assets and the check over one week with these anchors."""
    warehouse = Warehouse(str(folder))
    warehouse.write(ANCHOR_SCORES, WEEK, labelled)
    warehouse.write(JUDGE_SCORES, WEEK, answers(*[0.95] * 70, *[0.05] * 30))
    resources = {"warehouse": warehouse, "settings": Settings()}
    with dg.DagsterInstance.ephemeral() as instance:
        ran = dg.materialize(
            [judge_quality, corrected_metrics, judge_is_trusted],
            partition_key=WEEK,
            resources=resources,
            instance=instance,
        )
    return warehouse, ran


def test_a_trusted_judge_shows_its_numbers_and_a_plot_and_corrects(tmp_path: Path) -> None:
    warehouse, ran = materialised(tmp_path, anchors(30, 27, 30, 27))
    (event,) = ran.asset_materializations_for_node("judge_quality")
    shown = {name: value.value for name, value in event.metadata.items()}
    assert (shown["kappa"], shown["tpr"], shown["tnr"]) == pytest.approx((0.8, 0.9, 0.9))
    assert (shown["labels"], shown["trusted"], shown["bar_version"]) == (60, "True", "judge-bar-2026-01-01")
    assert "repeat_agreement" not in shown  # asked once
    assert "data:image/svg+xml;base64," in shown["plot"]
    assert warehouse.read(JUDGE_QUALITY, WEEK).num_rows == 2
    (row,) = warehouse.read(CORRECTED_METRICS, WEEK).to_pylist()
    assert row["acceptable_corrected"] == pytest.approx(0.75)
    (check,) = ran.get_asset_check_evaluations()
    assert check.passed


def test_a_judge_that_was_asked_again_shows_how_it_repeats_itself(tmp_path: Path) -> None:
    _, ran = materialised(tmp_path, anchors(30, 27, 30, 27, judgements=[0.9, 0.8, 0.1]))
    (event,) = ran.asset_materializations_for_node("judge_quality")
    assert event.metadata["repeat_agreement"].value == pytest.approx(1 / 3)  # of three pairs (0.9, 0.8) agrees
    assert {"repeat_sd", "repeat_alpha"} <= event.metadata.keys()


@pytest.mark.parametrize(
    ("labelled", "said"),
    [
        (anchors(30, 15, 30, 30), "j, r1, all: kappa 0.50"),
        (anchors(5, 5, 5, 5), "j, r1, all: 10 scored labels are too few to say, 30 are needed; label more cases"),
        ([], "no anchor was judged, so nothing is known of the judge"),
    ],
)
def test_a_judge_that_is_not_trusted_or_not_known_is_a_warning_with_what_to_do(
    tmp_path: Path, labelled: list[dict[str, Any]], said: str
) -> None:
    warehouse, ran = materialised(tmp_path, labelled)
    (check,) = ran.get_asset_check_evaluations()
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert check.metadata[WEEK].value.startswith(said)
    (row,) = warehouse.read(CORRECTED_METRICS, WEEK).to_pylist()
    assert row["acceptable_corrected"] is None


def test_a_feature_below_the_bar_is_a_warning_and_one_with_few_labels_is_not(tmp_path: Path) -> None:
    good = anchors(60, 60, 60, 60, feature="good")
    bad = [row | {"anchor_id": f"b{row['anchor_id']}"} for row in anchors(15, 9, 15, 15, feature="bad")]
    few = [row | {"anchor_id": f"c{row['anchor_id']}"} for row in anchors(2, 1, 2, 1, feature="few")]
    _, ran = materialised(tmp_path, [*good, *bad, *few])
    (check,) = ran.get_asset_check_evaluations()
    assert not check.passed
    assert check.metadata[WEEK].value.startswith("j, r1, bad: true positive rate 0.60")
    assert "few" not in check.metadata[WEEK].value


def test_a_rubric_with_few_labels_is_no_warning_beside_one_that_is_trusted(tmp_path: Path) -> None:
    few = [row | {"anchor_id": f"b{row['anchor_id']}"} for row in anchors(2, 1, 2, 1, rubric_version="r2")]
    warehouse, ran = materialised(tmp_path, anchors(30, 27, 30, 27) + few)
    (check,) = ran.get_asset_check_evaluations()
    assert check.passed
    verdicts = {row["rubric_version"]: row["trusted"] for row in warehouse.read(JUDGE_QUALITY, WEEK).to_pylist()}
    assert verdicts == {"r1": True, "r2": None}
