"""IFEval: the share of GPT-4's recorded responses that follow their instructions, against what was published for them.

By prompt (all of its instructions) and by instruction, strict and loose: Zhou et al. 2023, arXiv:2311.07911, table 3.
One prompt was reworded since; its response is the one that no prompt claims.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from benchmarks.recorded import absent, recorded
from benchmarks.table import Options, Row

WHAT = "IFEval, GPT-4's recorded responses"
PUBLISHED = {"strict": (76.89, 83.57), "loose": (79.30, 85.37)}


def rows(options: Options) -> Iterator[Row]:
    """Strict and loose."""
    from llm_eval_pipeline.evaluation.instructions import follows

    files = recorded("ifeval/prompts.jsonl", "ifeval/gpt4_responses.jsonl")
    if files is None:
        yield absent(WHAT, "ifeval")
        return
    prompts, answers = ([json.loads(line) for line in file.read_text("utf-8").splitlines()] for file in files)
    said = {answer["prompt"]: answer["response"] for answer in answers}
    asked = {prompt["prompt"] for prompt in prompts}
    [reworded] = [response for prompt, response in said.items() if prompt not in asked]
    for reading, published in PUBLISHED.items():
        followed = [
            [
                follows(name, kwargs, p["prompt"], said.get(p["prompt"], reworded), loose=reading == "loose")
                for name, kwargs in zip(p["instruction_id_list"], p["kwargs"], strict=True)
            ]
            for p in prompts
        ]
        flat = [one for prompt in followed for one in prompt]
        ours = 100 * sum(map(all, followed)) / len(followed), 100 * sum(flat) / len(flat)
        yield Row(
            what=WHAT,
            who=f"ours, {reading}",
            result=f"{ours[0]:.2f} / {ours[1]:.2f}",
            ratio=f"{ours[0] - published[0]:+.2f} / {ours[1] - published[1]:+.2f} points",
            goal=f"{published[0]:.2f} / {published[1]:.2f}, within 0.5",
            note=f"{len(followed)} prompts / {len(flat)} instructions",
        )
