from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.anchors import Anchor
from llm_eval_pipeline.evaluation.evaluate import evaluate
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest, generate
from llm_eval_pipeline.evaluation.judging import Judge, answer_cases, judge_cases
from llm_eval_pipeline.evaluation.moderation import Moderator
from llm_eval_pipeline.evaluation.planning import evaluation_plan
from llm_eval_pipeline.evaluation.rubrics import Rubric
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.barring import MissingAnswerError
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger

WEEK, DUE = "2026-03-30", datetime(2026, 4, 6, tzinfo=UTC)
EXAMPLES = sorted(
    (Example(prompt=prompt, feature="f").row("v1") for prompt in ("Why?", "How?")), key=lambda e: e["example_id"]
)


class Counting:
    """Answers every call the same, and counts them."""

    provider, dated = "counting", False

    def __init__(self, output):
        self.output, self.calls = output, 0

    async def complete(self, request):
        self.calls += 1
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        return ChatResponse(
            output=self.output, model_resolved=request.model, finish_reason="stop", usage=usage, latency_ms=1.0
        )


@pytest.fixture
def asker(tmp_path):
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(
        ledger=ledger,
        price=lambda _model, usage, _at: Decimal("0.01") * (usage.input_tokens + usage.output_tokens),
        rules=AskingRules(clock=FakeClock(DUE)),
    )
    ledger.close()


def test_two_models_without_answers_are_two_judgements(asker):
    models = ModelsUnderTest(client=Counting("So."), names=("m", "n"), params={"max_tokens": 100}, repetitions=2)
    plan = evaluation_plan(lambda: EXAMPLES, models, JUDGE, asker, occasion=WEEK, due=DUE)
    assert {(line.purpose, line.model): line.calls for line in plan.lines} == {
        ("generation", "m"): 4,
        ("generation", "n"): 4,
        ("judge", "j"): 8,
    }


MODELS = ModelsUnderTest(client=Counting("So."), names=("m",), params={"max_tokens": 100})
JUDGE = Judge(
    client=Counting('{"score": 1}'),
    model="j",
    rubrics=(Rubric(version="v1", instructions="Grade it."),),
    params={"max_tokens": 10},
)


def planned(asker):
    return evaluation_plan(lambda: EXAMPLES, MODELS, JUDGE, asker, occasion=WEEK, due=DUE)


def outputs(asker):
    return list(generate(lambda: EXAMPLES, MODELS, asker, occasion=WEEK, due=DUE))


def test_before_anything_is_asked_every_answer_and_every_judgement_is_missing(asker):
    generation, judging = planned(asker).lines
    # "Why?" and "How?" are a token each, and 100 may be answered: 2 x 101 x 0.01
    assert (generation.purpose, generation.calls, generation.cost_usd) == ("generation", 2, Decimal("2.02"))
    # each answer may be 100 tokens long, which the judge reads beside its rubric and the case
    assert (judging.purpose, judging.calls, judging.output_tokens) == ("judge", 2, 20)
    assert judging.input_tokens > 200
    assert asker.ledger.count() == 0


def test_what_was_asked_is_in_the_ledger_and_short_answers_cost_little_to_judge(asker):
    most = planned(asker).lines[1].input_tokens
    outputs(asker)
    generation, judging = planned(asker).lines
    assert (generation.calls, generation.replayed, generation.cost_usd) == (0, 2, 0)
    assert (judging.calls, judging.replayed) == (2, 0)
    assert judging.input_tokens < most


def test_after_the_evaluation_nothing_is_left_to_pay(asker):
    cases = {key: (case, feature) for key, case, feature in answer_cases(zip(EXAMPLES, outputs(asker), strict=True))}
    judge_cases(cases, JUDGE, asker, occasion=WEEK, due=DUE)
    plan = planned(asker)
    assert (plan.calls, plan.replayed, plan.cost_usd) == (0, 4, 0)


def test_a_plan_of_calls_that_may_not_be_made_says_so(asker):
    with pytest.raises(MissingAnswerError, match="replay mode asks nobody"):
        planned(replace(asker, rules=replace(asker.rules, mode="replay")))


def test_anchors_and_a_moderator_are_in_the_plan(asker):
    anchor = Anchor(anchor_id="a1", prompt="Why?", output="So.", feature="f", human_score=1, human_acceptable=True)
    moderator = Moderator(client=Counting('{"safe": true}'), model="omni")
    plan = evaluation_plan(
        lambda: EXAMPLES, MODELS, JUDGE, asker, anchors=[anchor], moderator=moderator, occasion=WEEK, due=DUE
    )
    assert [(line.purpose, line.model, line.calls) for line in plan.lines] == [
        ("generation", "m", 2),
        ("judge", "j", 3),
        ("judge", "omni", 2),
    ]


def test_what_failed_and_may_not_be_judged_any_more_is_not_in_the_plan(asker):
    class Dated(Counting):
        dated = True

        async def complete(self, request):
            if request.messages[-1].content == "Why?":
                raise ChatError("m: 400: too long")
            return await super().complete(request)

    models = replace(MODELS, client=Dated("So."))
    late = replace(asker, rules=replace(asker.rules, clock=FakeClock(DUE + timedelta(days=30))))
    with pytest.raises(MissingAnswerError, match="judging"):
        evaluation_plan(lambda: EXAMPLES, models, JUDGE, late, occasion=WEEK, due=DUE)
    found = evaluate(EXAMPLES, models, JUDGE, asker, occasion=WEEK, due=DUE)
    plan = evaluation_plan(lambda: EXAMPLES, models, JUDGE, late, occasion=WEEK, due=DUE)
    assert [(line.purpose, line.calls, line.replayed) for line in plan.lines] == [("generation", 1, 1), ("judge", 0, 1)]
    again = evaluate(EXAMPLES, models, JUDGE, late, occasion=WEEK, due=DUE)
    assert [one.score.quality_score for one in again] == [one.score.quality_score for one in found]
