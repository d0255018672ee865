"""What evaluating a window would take before anything is asked: the calls that are missing, and their cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain

from llm_eval_pipeline.clients.chat import ChatClient
from llm_eval_pipeline.evaluation.anchors import Anchor
from llm_eval_pipeline.evaluation.answers import Row
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generation_calls
from llm_eval_pipeline.evaluation.judging import Judge, case_of
from llm_eval_pipeline.evaluation.moderation import Moderator, Shown
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.barring import is_barred
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.plan import CHARACTERS_PER_TOKEN, Plan, most_output
from llm_eval_pipeline.parts import parts


def evaluation_plan(
    examples: Callable[[], Iterable[Row]],
    models: ModelsUnderTest,
    judge: Judge,
    asker: Asker,
    *,
    anchors: Sequence[Anchor] = (),
    moderator: Moderator | None = None,
    occasion: str,
    due: datetime,
) -> Plan:
    """The plan of generation, judging and moderation together; nothing is asked.

    An answer that is not there yet is reckoned as long as it may be, so its judgement is too: the plan says about what
    the window would cost at the most, but for replies that have to be asked for once more. One that failed, and may
    not be asked for again or may not be judged any more, has nothing to judge. The anchors' judgements are among the
    judge's.

    Raises:
        MissingAnswerError: when calls are missing that may not be made.
    """

    def asked() -> Iterator[tuple[Row, Call]]:
        return generation_calls(examples(), models, occasion=occasion, due=due)

    def answers(scorer: ChatClient) -> Iterator[tuple[Row, Call, str]]:
        for some in parts(asked()):
            there = asker.ledger.lookup(call.key for _, call in some)
            missing = [call for _, call in some if call.key not in there]
            ended = [call.key for call in missing if may_be_over(call, scorer)]
            failed = asker.ledger.failures(ended) if ended else {}
            for example, call in some:
                answer = there.get(call.key)
                if answer is not None and answer.response is not None:
                    yield example, call, answer.response.output
                elif call.key not in failed:
                    yield example, call, _longest(call)

    def may_be_over(call: Call, scorer: ChatClient) -> bool:
        return any(is_barred(call, client, asker.rules) for client in (models.client, scorer))

    def judged() -> Iterator[Call]:
        cases = (
            (case_of(example, output), example["feature"], call.label)
            for example, call, output in answers(judge.client)
        )
        frozen = ((anchor.case(), anchor.feature, f"anchor {anchor.anchor_id}") for anchor in anchors)
        for case, feature, label in chain(cases, frozen):
            yield from judge.calls(case, occasion=occasion, due=due, feature=feature, label=f"judging {label}")

    def moderated() -> Iterator[Call]:
        assert moderator is not None
        for example, call, output in answers(moderator.client):
            if output:
                shown = Shown(prompt=example["prompt"], output=output, feature=example["feature"], label=call.label)
                yield moderator.call(shown, occasion=occasion, due=due)

    plan = asker.plan((call for _, call in asked()), models.client) + asker.plan(judged(), judge.client)
    return plan + asker.plan(moderated(), moderator.client) if moderator is not None else plan


def _longest(call: Call) -> str:
    """What stands for an answer that nobody has: as long as it may be, and like no other."""
    return call.key.ljust(CHARACTERS_PER_TOKEN * most_output(call), "x")
