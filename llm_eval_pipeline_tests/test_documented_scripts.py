"""The scripts in the documentation, run as a reader would."""

import re
import subprocess
import sys
from pathlib import Path

from llm_eval_pipeline.settings import REPOSITORY


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
