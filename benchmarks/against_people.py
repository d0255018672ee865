"""How the rules agree with people and with published numbers, on recorded answers that do not ship.

``python -m benchmarks.against_people`` prints the table; it needs ``LLM_EVAL_SHARED_DATA`` to name the optional data
folder, and says what is missing. Nothing here passes or fails.
"""

import csv
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

from llm_eval_pipeline.evaluation.instructions import follows
from llm_eval_pipeline.evaluation.refusals import classify_refusal

PUBLISHED = {
    ("strict", "prompt"): 76.89,
    ("strict", "instruction"): 83.57,
    ("loose", "prompt"): 79.30,
    ("loose", "instruction"): 85.37,
}
"""GPT-4's answers of November 2023 in the IFEval paper (arXiv:2311.07911), in percent."""


def main() -> None:
    """Print what can be measured."""
    given = os.environ.get("LLM_EVAL_SHARED_DATA")
    if not given:
        sys.stdout.write("skipped: LLM_EVAL_SHARED_DATA names no folder of recorded answers, and none ship\n")
        return
    folder = Path(given)
    sys.stdout.write(f"{'what':60}{'ours':>9}{'goal':>9}\n")
    for what, ours, goal in (*_refusals(folder / "xstest"), *_instructions(folder / "ifeval")):
        sys.stdout.write(f"{what:60}{ours:>9}{goal:>9}\n")


def _refusals(folder: Path) -> Iterator[tuple[str, str, str]]:
    """Refusal, full or partial, against compliance, as two people labelled them (XSTest, Röttger et al. 2024)."""
    files = sorted(file for file in folder.glob("*.csv") if file.stem != "prompts")
    if not files:
        yield f"refusals: skipped, no recordings in {folder}", "", ""
    for file in files:
        with file.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        said = [classify_refusal(row["prompt"], row["completion"]) != "none" for row in rows]
        true = [row["final_label"] != "1_full_compliance" for row in rows]
        accuracy = sum(a == b for a, b in zip(said, true, strict=True)) / len(rows)
        yield f"refusals of {file.stem}, {len(rows)} answers: accuracy", f"{accuracy:.3f}", ">= 0.950"
        found = sum(a and b for a, b in zip(said, true, strict=True))
        yield f"refusals of {file.stem}: precision", f"{found / max(1, sum(said)):.3f}", ""
        yield f"refusals of {file.stem}: recall", f"{found / max(1, sum(true)):.3f}", ""


def _instructions(folder: Path) -> Iterator[tuple[str, str, str]]:
    """IFEval's accuracies on the recorded answers of GPT-4, against the published ones."""
    if not folder.is_dir():
        yield f"instructions: skipped, there is no {folder}", "", ""
        return
    prompts, answers = (
        [json.loads(line) for line in (folder / name).read_text(encoding="utf-8").splitlines()]
        for name in ("prompts.jsonl", "gpt4_responses.jsonl")
    )
    by_prompt = {answer["prompt"]: answer["response"] for answer in answers}
    known = {prompt["prompt"] for prompt in prompts}
    (reworded,) = (answer["response"] for answer in answers if answer["prompt"] not in known)
    for strictness in ("strict", "loose"):
        results = [
            [
                follows(
                    name,
                    kwargs,
                    prompt["prompt"],
                    by_prompt.get(prompt["prompt"], reworded),
                    loose=strictness == "loose",
                )
                for name, kwargs in zip(prompt["instruction_id_list"], prompt["kwargs"], strict=True)
            ]
            for prompt in prompts
        ]
        flat = [followed for result in results for followed in result]
        shares = {"prompt": sum(map(all, results)) / len(results), "instruction": sum(flat) / len(flat)}
        for level, share in shares.items():
            goal = f"{PUBLISHED[strictness, level]:.2f}"
            yield f"IFEval, {strictness}, by {level}, in percent (within 0.5)", f"{100 * share:.2f}", goal


if __name__ == "__main__":
    main()
