from datetime import UTC, datetime

import pytest

from llm_eval_pipeline.clients.chat import ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.evaluate import evaluate
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
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
        ids = [example["example_id"] for example, _, _ in found]
        assert ids == sorted(ids)
    # the two repetitions of an answer are the same text, so one judgement serves both
    assert (model.calls, judging.calls) == (20, 10)
