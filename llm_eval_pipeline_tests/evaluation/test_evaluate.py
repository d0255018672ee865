from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.evaluate import evaluate
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.answering import BATCH
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.plan import OverBudgetError
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger

DUE = datetime(2026, 4, 6, tzinfo=UTC)
EXAMPLES = [Example(prompt=f"Question {n}?", feature="f").row("v1") for n in range(5)]


class Saying:
    provider, dated = "saying", False

    def __init__(self, output):
        self.output, self.calls = output, 0

    async def complete(self, request):
        self.calls += 1
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        output = self.output(request) if callable(self.output) else self.output
        return ChatResponse(output=output, model_resolved="m", finish_reason="stop", usage=usage, latency_ms=1.0)


@pytest.fixture
def asker(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules(clock=FakeClock(DUE)))
    ledger.close()


def test_a_script_gets_each_answer_with_its_example_and_its_score_and_pays_once(asker):
    model = Saying(lambda request: f"{request.model}: {request.messages[-1].content}")
    judging = Saying('{"score": 0.75}')
    models = ModelsUnderTest(client=model, names=("b", "a"), params={}, repetitions=2)
    judge = Judge(client=judging, model="j", rubrics=(Rubric(version="v1", instructions="Grade it."),))
    for _ in range(2):
        found = evaluate(EXAMPLES[::-1], models, judge, asker, occasion="candidate", due=DUE)
        assert len(found) == 5 * 2 * 2
        for example, output, score in found:
            assert output["output"] == f"{output['model']}: {example['prompt']}"
            assert score.quality_score == 0.75
        order = [(example["prompt"], output["model"], output["repetition"]) for example, output, _ in found]
        assert order == [(e["prompt"], m, n) for e in EXAMPLES[::-1] for m in "ab" for n in range(2)]
    # the two repetitions of an answer are the same text, so one judgement serves both
    assert (model.calls, judging.calls) == (20, 10)


def judge_with(client, **params):
    rubrics = (Rubric(version="v1", instructions="Grade it."),)
    return Judge(client=client, model="j", rubrics=rubrics, params={"max_tokens": 10, **params})


def test_an_answer_is_judged_while_others_are_still_asked_for(asker):
    order = []

    class Noting(Saying):
        async def complete(self, request):
            order.append(self.output[:1])
            return await super().complete(request)

    models = ModelsUnderTest(client=Noting("So."), names=("a",), params={})
    one_at_a_time = replace(asker, rules=replace(asker.rules, concurrency=1))
    # far more than are held at once, so what comes last is not begun while the first waits
    many = [Example(prompt=f"Question {n}?", feature="f").row("v1") for n in range(4 * BATCH)]
    evaluate(many, models, judge_with(Noting('{"score": 1}')), one_at_a_time, occasion="candidate", due=DUE)
    assert order.index("{") < len(order) - 1 - order[::-1].index("S")


def test_the_budget_covers_the_judgements_before_the_first_call(asker):
    model, judging = Saying("So."), Saying('{"score": 1}')
    models = ModelsUnderTest(client=model, names=("m",), params={"max_tokens": 100})
    priced = replace(asker, price=lambda _model, usage, _at: Decimal("0.01") * usage.output_tokens)
    # 5 answers of at most 100 tokens and 5 judgements of at most 10, a cent each: 5.50
    for budget, is_enough in (("5.49", False), ("5.50", True)):
        rich = replace(priced, rules=replace(priced.rules, budget_usd=Decimal(budget)))
        if is_enough:
            assert len(evaluate(EXAMPLES, models, judge_with(judging), rich, occasion="candidate", due=DUE)) == 5
        else:
            with pytest.raises(OverBudgetError, match=r"10 calls are missing .* 5\.5000 USD, over the budget of 5\.49"):
                evaluate(EXAMPLES, models, judge_with(judging), rich, occasion="candidate", due=DUE)
            assert (model.calls, judging.calls) == (0, 0)


def test_an_answer_that_failed_is_unscored_also_when_it_is_replayed(asker):
    class Refusing(Saying):
        async def complete(self, request):
            if "3" in request.messages[-1].content:
                raise ChatError("m: 400: too long")
            return await super().complete(request)

    models = ModelsUnderTest(client=Refusing("So."), names=("m",), params={})
    judge = judge_with(Saying('{"score": 1}'))
    for mode in ("live", "replay"):
        ruled = replace(asker, rules=replace(asker.rules, mode=mode))
        found = evaluate(EXAMPLES, models, judge, ruled, occasion="candidate", due=DUE)
        assert [output["output"] for _, output, _ in found] == ["So.", "So.", "So.", None, "So."]
        failed = {example["prompt"]: (output["error"], score.unscored_reason) for example, output, score in found}
        assert failed.pop("Question 3?") == ("m: 400: too long", "there is no output to judge")
        assert set(failed.values()) == {(None, None)}
