"""An evaluation held in memory: for a script, a notebook, or a second look at a few hundred examples.

The assets do the same window by window with the warehouse between the steps, for any number of examples.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from llm_eval_pipeline.evaluation.answers import Row, answered
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generate
from llm_eval_pipeline.evaluation.judging import Judge, JudgeScore, answer_cases, judge_all
from llm_eval_pipeline.ledger.asking import Asker


class Evaluated(NamedTuple):
    """A row of ``eval_dataset``, a row of ``model_outputs`` that answers it, and what the judge says of that."""

    example: Row
    output: dict[str, Any]
    score: JudgeScore


def evaluate(
    examples: Iterable[Row], models: ModelsUnderTest, judge: Judge, asker: Asker, *, occasion: str, due: datetime
) -> list[Evaluated]:
    """Ask and judge examples, each call once; the same evaluation again is answered from the ledger.

    Args:
        examples: rows of ``eval_dataset``, such as ``Example(prompt=…, feature=…).row("v1")``.
        models: who is asked, and how often.
        judge: who scores.
        asker: ledger, prices and rules.
        occasion: what names this evaluation: a week's Monday, or a candidate.
        due: the instant that the answers are about.

    Returns:
        One per example, model and repetition, in order of these.

    Raises:
        MissingAnswerError: when answers are missing that may not be asked for.
        OverBudgetError: before the first call, when the missing ones would cost more than the budget.
    """
    wanted = sorted(examples, key=lambda example: example["example_id"])
    outputs = [row for rows in generate(lambda: wanted, models, asker, occasion=occasion, due=due) for row in rows]
    answers = list(answered(wanted, outputs))
    cases = list(answer_cases(answers))
    scores = judge_all(lambda: cases, judge, asker, occasion=occasion, due=due)
    return [
        Evaluated(example, dict(output), score) for (example, output), (_, score) in zip(answers, scores, strict=True)
    ]
