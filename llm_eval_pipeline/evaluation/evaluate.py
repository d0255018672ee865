"""An evaluation held in memory: for a script, a notebook, or a second look at a few hundred examples.

The assets do the same window by window with the warehouse between the steps, for any number of examples.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple

from llm_eval_pipeline.evaluation.answers import Row, answer_key
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation, generation_calls
from llm_eval_pipeline.evaluation.judging import Judge, JudgeScore, case_of, judging
from llm_eval_pipeline.evaluation.planning import evaluation_plan
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.exchanges import Exchange


class Evaluated(NamedTuple):
    """A row of ``eval_dataset``, a row of ``model_outputs`` that answers it, and what the judge says of that.

    The row has all columns: where there is no answer, ``output`` is None, and ``error`` says why.
    """

    example: Row
    output: dict[str, Any]
    score: JudgeScore


def evaluate(
    examples: Iterable[Row], models: ModelsUnderTest, judge: Judge, asker: Asker, *, occasion: str, due: datetime
) -> list[Evaluated]:
    """Ask and judge examples, each call once; the same evaluation again is answered from the ledger.

    An answer is judged while others are still being asked for.

    Args:
        examples: rows of ``eval_dataset``, such as ``Example(prompt=…, feature=…).row("v1")``.
        models: who is asked, and how often.
        judge: who scores.
        asker: ledger, prices and rules.
        occasion: what names this evaluation: a week's Monday, or a candidate.
        due: the instant that the answers are about.

    Returns:
        One per example in the order given, model by name, and repetition.

    Raises:
        MissingAnswerError: when answers are missing that may not be asked for.
        OverBudgetError: before the first call, when the missing ones, judgements included, could cost more than the
            budget; in the end, when answers were so much longer than planned that not all could be judged.
    """
    wanted = list(examples)
    planned = evaluation_plan(lambda: wanted, models, judge, asker, occasion=occasion, due=due)
    exchanges = (
        _evaluating(example, call, judge)
        for example, call in generation_calls(wanted, models, occasion=occasion, due=due)
    )
    return list(asker.stream(exchanges, {"generation": models.client, "judge": judge.client}, planned))


def _evaluating(example: Row, call: Call, judge: Judge) -> Exchange[Evaluated]:
    output = yield from generation(example, call)
    case = case_of(example, output["output"])
    calls = judge.calls(
        case,
        occasion=call.occasion,
        due=call.due,
        feature=call.feature,
        label=f"judging {answer_key(output)}",
    )
    return Evaluated(example, output, (yield from judging(case, calls, judge)))
