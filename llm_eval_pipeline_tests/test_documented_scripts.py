"""The scripts in the documentation, run as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.settings import REPOSITORY, Settings
from llm_eval_pipeline.storage.warehouse import Warehouse


def test_the_script_with_two_functions_prints_what_the_page_says_and_calls_nobody_again(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "scripts.md").read_text(encoding="utf-8")
    script, printed = re.findall(r"```(?:python)?\n(.*?)```", page, re.DOTALL)
    counting = script.replace('    return f"I was', "    print('asked', file=sys.stderr)\n    return f\"I was")
    assert counting != script
    for asked in (2, 0):
        command = [sys.executable, "-c", f"import sys\n{counting}"]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
        assert (ran.returncode, ran.stdout) == (0, printed), ran.stderr
        assert ran.stderr.count("asked") == asked


def test_the_traced_application_prints_what_the_page_says_and_leaves_its_spans(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "tracing.md").read_text(encoding="utf-8")
    script, printed = re.findall(r"```(?:python)?\n(.*?)```", page, re.DOTALL)
    command = [sys.executable, "-c", script]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, printed, "")
    warehouse = Warehouse(str(tmp_path / "warehouse"))
    report = land(tmp_path / "landing", warehouse, price_book(Settings.load().prices).price)
    compile_days(report.days, warehouse)
    rows = {row["name"]: row for day in report.days for row in warehouse.read(PRODUCTION_TRACES, day).to_pylist()}
    assert {name: (row["operation"], row["feature"], row["session_id"]) for name, row in rows.items()} == {
        "answer": ("chat", "help", "s-1"),
        "retrieve": ("retrieval", "help", "s-1"),
    }
    assert (rows["answer"]["input_uncached_tokens"], rows["answer"]["cache_read_tokens"]) == (20, 100)
