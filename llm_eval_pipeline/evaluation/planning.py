"""What evaluating a window would take before anything is asked: the calls that are missing, and their cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from llm_eval_pipeline.evaluation.answers import Row
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation_calls
from llm_eval_pipeline.evaluation.judging import Judge, case_of
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.plan import CHARACTERS_PER_TOKEN, Plan, most_output
from llm_eval_pipeline.parts import parts


def evaluation_plan(
    examples: Callable[[], Iterable[Row]],
    models: ModelsUnderTest,
    judge: Judge,
    asker: Asker,
    *,
    occasion: str,
    due: datetime,
) -> Plan:
    """The plan of generation and judging together; nothing is asked.

    An answer that is not there yet is reckoned as long as it may be, so its judgement is too: the plan says what the
    window would cost at the most.

    Raises:
        MissingAnswerError: when calls are missing that may not be made.
    """

    def asked() -> Iterator[tuple[Row, Call]]:
        return generation_calls(examples(), models, occasion=occasion, due=due)

    def judged() -> Iterator[Call]:
        for some in parts(asked()):
            answers = asker.ledger.lookup(call.key for _, call in some)
            for example, call in some:
                answer = answers.get(call.key)
                response = answer.response if answer is not None else None
                output = response.output if response else _longest(call)
                if output:
                    case = case_of(example, output)
                    label = f"judging {call.label}"
                    yield from judge.calls(case, occasion=occasion, due=due, feature=example["feature"], label=label)

    return asker.plan((call for _, call in asked()), models.client) + asker.plan(judged(), judge.client)


def _longest(call: Call) -> str:
    """What stands for an answer that nobody has: as long as it may be, and like no other."""
    return call.key.ljust(CHARACTERS_PER_TOKEN * most_output(call), "x")
