"""promptfoo: one prompt, an ``llm-rubric`` for each test, 64 at a time, no cache; results in its database as always.

The endpoint always passes an answer; a test that failed on quality did so by accident. Run by any Python; the fifth
argument is its executable, and ``resume`` as the fourth goes on with its last evaluation.
"""

import json
import subprocess
import sys
from pathlib import Path


def config(url: str, rows: list[dict[str, str]]) -> dict[str, object]:
    """The evaluation as promptfoo's configuration."""
    provider = {"id": "openai:chat:gpt-4o-mini", "config": {"apiBaseUrl": url, "apiKey": "none", "temperature": 0}}
    return {
        "prompts": ["{{question}}"],
        "providers": [provider],
        "defaultTest": {"options": {"provider": provider}},
        "tests": [
            {
                "vars": {"question": row["question"]},
                "assert": [{"type": "llm-rubric", "value": f"Says the same as: {row['reference']}"}],
            }
            for row in rows
        ],
    }


if __name__ == "__main__":
    url, examples, concurrency, how, executable = sys.argv[1:]
    with open(examples, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    Path("config.json").write_text(json.dumps(config(url, rows)))
    quiet = ("--no-table", "--no-progress-bar", "--no-share")
    command = [executable, "eval", "-j", concurrency, "--no-cache", *quiet, "-o", "results.json"]
    command += ["--resume"] if how == "resume" else ["-c", "config.json"]
    done = subprocess.run(command, stdout=subprocess.DEVNULL, check=False)
    if done.returncode not in (0, 100):  # 100: some tests did not pass
        sys.exit(done.returncode)
    results = json.loads(Path("results.json").read_text())["results"]["results"]
    quality = 1  # its ResultFailureReason: 0 none, 1 an assertion did not hold, 2 an error
    failed = [one for one in results if not one["success"] and one["failureReason"] == quality]
    scored = sum(one["success"] for one in results) + len(failed)
    print(json.dumps({"scored": scored, "by_accident": len(failed)}))
