"""A model that is swapped behind its name: 805 real instructions with the recorded outputs of two real models.

Four weeks are answered by the one, and the two after them by the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from llm_eval_pipeline.drift.instruments import observe
from llm_eval_pipeline.drift.report import baseline_rows, pinned_baseline, report_rows
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.evaluation.schema import ANCHOR_SCORES, MODEL_OUTPUTS
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline.windows import last_complete_week, week_before
from llm_eval_pipeline_tests.defs.in_dagster import Dagster, Ran, digests, ship
from llm_eval_pipeline_tests.replay_server import ReplayServer

OLD, NEW = "gpt-4o-2024-05-13", "gpt-3.5-turbo-0613"
NAME = "production-model"
ASSETS = [
    *("eval_dataset", "model_outputs", "judge_scores", "safety_scores", "text_scores", "prediction_table"),
    *("aggregate_metrics", "anchor_scores", "drift_baseline", "weekly_drift_report", "drift_incidents"),
]
ALPACA_EVAL = Settings.load().shared_data / "alpaca_eval"
pytestmark = pytest.mark.skipif(
    Settings.load().shared_data == Path() or not all((ALPACA_EVAL / f"{model}.json").is_file() for model in (OLD, NEW)),
    reason="LLM_EVAL_SHARED_DATA names no folder that holds alpaca_eval",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A run, the prompts that it asked in their order, and the digests of the warehouse's files after it."""

    ran: Ran
    asked: list[str]
    files: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Six weeks: four healthy ones, two after the swap, and the last one run again."""

    weeks: list[str]
    prompts: set[str]
    warehouse: Warehouse
    healthy: Step
    swapped: Step
    again: Step
    last_answers: list[dict[str, Any]]
    """The last week's answers before it was run again."""

    def rows(self, table: Any, week: str | None = None) -> list[dict[str, Any]]:
        return self.warehouse.read(table, week).to_pylist()

    def whole(self, week: str) -> dict[tuple[str, str], dict[str, Any]]:
        """The report's rows over all features and models, by instrument and metric."""
        rows = self.rows(WEEKLY_DRIFT_REPORT, week)
        return {(row["instrument"], row["metric"]): row for row in rows if row["slice"] == "all"}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Watched:
    folder = tmp_path_factory.mktemp("replayed")
    data = ship(folder / "data")
    old, new = outputs(OLD), outputs(NEW)
    write_examples(data / "examples", old)
    weeks = [week_before(last_complete_week(datetime.now(UTC)), back) for back in range(5, -1, -1)]
    warehouse = Warehouse(str(data / "warehouse"))
    with ReplayServer(old) as server:
        settings = {
            "LLM_EVAL_DATA_DIR": str(data),
            "LLM_EVAL_FIRST_WEEK": weeks[0],
            "LLM_EVAL_BASELINE_WEEKS": "4",
            "LLM_EVAL_ALLOW_LATE": "true",
            "LLM_EVAL_ENDPOINT": server.base_url,
            "LLM_EVAL_MODELS": NAME,
        }

        def step(first: str, last: str) -> Step:
            before = len(server.received)
            ran = dagster.run("weekly_drift", first, last, ASSETS)
            asked = [call.prompt for call in server.received[before:]]
            return Step(ran=ran, asked=asked, files=digests(data / "warehouse"))

        with Dagster(folder / "home", settings) as dagster:
            healthy = step(weeks[0], weeks[3])
            server.answers = new
            swapped = step(weeks[4], weeks[5])
            last_answers = warehouse.read(MODEL_OUTPUTS, weeks[5]).to_pylist()
            again = step(weeks[5], weeks[5])
    return Watched(
        weeks=weeks,
        prompts=set(old),
        warehouse=warehouse,
        healthy=healthy,
        swapped=swapped,
        again=again,
        last_answers=last_answers,
    )


def outputs(model: str) -> dict[str, str]:
    return {row["instruction"]: row["output"] for row in orjson.loads((ALPACA_EVAL / f"{model}.json").read_bytes())}


def write_examples(folder: Path, prompts: dict[str, str]) -> None:
    """Every prompt as an example of the canary."""
    folder.mkdir()
    lines = [orjson.dumps({"prompt": p, "feature": "instruction_following", "split": "canary"}) for p in prompts]
    (folder / "alpaca_eval.jsonl").write_bytes(b"\n".join(lines))


def test_every_run_succeeds(watched: Watched) -> None:
    for step in (watched.healthy, watched.swapped, watched.again):
        assert step.ran.success, step.ran.errors


def test_every_prompt_is_asked_once_a_week(watched: Watched) -> None:
    asked, size = watched.healthy.asked + watched.swapped.asked, len(watched.prompts)
    assert size == 805
    assert len(asked) == 6 * size
    for week in range(6):
        assert set(asked[week * size : (week + 1) * size]) == watched.prompts


def test_what_the_model_answered_is_stored_under_its_name(watched: Watched) -> None:
    for week, model in zip(watched.weeks, [OLD] * 4 + [NEW] * 2, strict=True):
        rows = watched.rows(MODEL_OUTPUTS, week)
        assert sorted(row["output"] for row in rows) == sorted(outputs(model).values())
        assert {(row["model"], row["error"], row["replayed"]) for row in rows} == {
            (NAME, None, week == watched.weeks[5])
        }


def test_nothing_drifts_before_the_swap(watched: Watched) -> None:
    for week in watched.weeks[:4]:
        assert {row["verdict"] for row in watched.rows(WEEKLY_DRIFT_REPORT, week)} == {"no_data"}, "a baseline week"


def test_the_fourth_week_is_like_the_three_before_it(watched: Watched) -> None:
    *before, fourth = [(week, observe(watched.warehouse, week)) for week in watched.weeks[:4]]
    rows = report_rows(*fourth, pinned_baseline(baseline_rows(dict(before), {}, "calibrated")), "calibrated")
    judged = {row["metric"]: row for row in rows if row["slice"] == "all" and row["n_current"]}
    assert {"quality_score", "output_tokens", "error_category", "refusal_rate"} <= set(judged)
    assert {row["verdict"] for row in judged.values()} == {"stable"}
    assert {row["strict_verdict"] for row in judged.values()} == {"stable"}


@pytest.mark.parametrize("place", [4, 5])
def test_the_swap_is_a_drift_of_the_model(watched: Watched, place: int) -> None:
    whole = watched.whole(watched.weeks[place])
    canary, anchors = whole["canary", "quality_score"], whole["anchors", "quality_score"]
    assert (canary["verdict"], canary["direction"], canary["attribution"]) == ("drifted", "degraded", "model")
    assert canary["effect"] > canary["effect_floor"]
    assert canary["p_adjusted"] < 0.01
    assert (canary["n_baseline"], canary["n_current"]) == (4 * 805, 805)
    assert anchors["verdict"] == "stable"
    assert anchors["current_mean"] == pytest.approx(anchors["baseline_mean"], abs=1e-12)
    tokens = whole["canary", "output_tokens"]
    assert (tokens["verdict"], tokens["attribution"]) == ("drifted", "model")
    assert tokens["current_mean"] < tokens["baseline_mean"]
    assert {row["attribution"] for row in whole.values() if row["verdict"] == "drifted"} == {"model"}


def test_the_swap_is_an_incident_that_pages(watched: Watched) -> None:
    found = {row["metric"]: row for row in watched.rows(DRIFT_INCIDENTS)}
    assert {row["attribution"] for row in found.values()} == {"model"}
    quality = found["quality_score"]
    assert (quality["began"], quality["opened"], quality["closed"]) == (watched.weeks[4], watched.weeks[5], None)
    assert (quality["direction"], quality["instrument"]) == ("degraded", "canary")
    assert quality["pages"]
    assert quality["leads"]


def test_the_judge_stood_still(watched: Watched) -> None:
    scores = [[(r["anchor_id"], r["quality_score"]) for r in watched.rows(ANCHOR_SCORES, w)] for w in watched.weeks]
    assert all(week == scores[0] for week in scores)


def test_a_week_run_again_asks_nobody_and_changes_no_row(watched: Watched) -> None:
    assert watched.again.asked == []
    before, after = watched.swapped.files, watched.again.files
    assert before.keys() == after.keys()
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {f"model_outputs/week={watched.weeks[5]}/rows.parquet"}, "which says what was replayed"
    answers = [{**row, "replayed": True} for row in watched.last_answers]
    assert answers == watched.rows(MODEL_OUTPUTS, watched.weeks[5])
    assert not any(row["replayed"] for row in watched.last_answers)
