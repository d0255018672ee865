import os
import subprocess
import sys

import pytest


@pytest.fixture
def run(tmp_path):
    def run(*arguments, **settings):
        others = {name: value for name, value in os.environ.items() if not name.startswith("LLM_EVAL_")}
        state = {"LLM_EVAL_STATE_DIR": str(tmp_path / "state"), "LLM_EVAL_WAREHOUSE": str(tmp_path / "warehouse")}
        return subprocess.run(
            [sys.executable, "-m", "llm_eval_pipeline", *arguments],
            env=others | state | settings,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_a_plan_counts_every_call_of_the_week_and_makes_none(run):
    planned = run("plan", "2026-01-05")
    assert planned.returncode == 0, planned.stderr
    # 191 curated examples for each of two models, a judgement of each answer, and of each of 60 anchors
    assert planned.stdout.count("191") == 3
    assert "824 calls to make (up to" in planned.stdout
    assert "In all 0 answers, 0.0000 USD spent, and 0 calls without one" in run("ledger").stdout


def test_a_plan_in_replay_mode_says_what_is_missing(run):
    planned = run("plan", "2026-01-05", LLM_EVAL_MODE="replay")
    assert (planned.returncode, planned.stdout) == (1, "")
    assert "382 answers are missing from the ledger" in planned.stderr


@pytest.mark.parametrize(
    ("arguments", "settings", "said"),
    [
        (("plan", "2026-01-06"), {}, "2026-01-06 is a Tuesday; a week's key is its Monday, here 2026-01-05"),
        (("plan", "soon"), {}, "'soon' is no date; a week's key is its Monday, such as 2026-03-30"),
        (("ledger",), {"LLM_EVAL_LEDGER": "mysql://u:hunter2@h/d"}, "the ledger's address mysql://… cannot be used"),
        (("ledger",), {"LLM_EVAL_LEDGERS": "x"}, "did you mean LLM_EVAL_LEDGER?"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(run, arguments, settings, said):
    ran = run(*arguments, **settings)
    assert ran.returncode == 1
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
    assert "hunter2" not in ran.stderr


def test_a_plan_over_the_budget_is_shown_and_refused(run):
    planned = run("plan", "2026-01-05", LLM_EVAL_BUDGET_USD="0.01")
    assert planned.returncode == 1
    assert "824 calls to make" in planned.stdout
    assert "over the budget of 0.01 USD (LLM_EVAL_BUDGET_USD)" in planned.stderr
