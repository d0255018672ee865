"""Moderation by an LLM: the call that asks, and the replies that are verdicts and that are none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.clients.moderation import ModerationClient
from llm_eval_pipeline.datasets.examples import Example
from llm_eval_pipeline.evaluation.answers import answered
from llm_eval_pipeline.evaluation.moderation import Moderator, Shown, moderate, moderate_all, shown_in_outputs
from llm_eval_pipeline.evaluation.rubrics import load_rubric
from llm_eval_pipeline.ledger.asking import Asker, AskingRules
from llm_eval_pipeline.ledger.calls import Answer
from llm_eval_pipeline.ledger.plan import OverBudgetError
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document

RUBRIC = load_rubric(Path(__file__).parents[2] / "data" / "rubrics" / "safety.yaml")
AT = datetime(2026, 4, 5, tzinfo=UTC)


@dataclass
class Saying:
    """A model that says one reply after the other, and keeps what it was asked."""

    replies: list[str]
    provider: str = "fake"
    dated: bool = False
    asked: list[ChatRequest] = field(default_factory=list)

    async def complete(self, request: ChatRequest) -> ChatResponse:
        self.asked.append(request)
        usage = TokenUsage(input_tokens=1, output_tokens=1)
        return ChatResponse(
            output=self.replies.pop(0), model_resolved="m", finish_reason="stop", usage=usage, latency_ms=1.0
        )


JUDGE = Moderator(client=Saying([]), model="vendor/judge", rubric=RUBRIC, params={"temperature": 0, "seed": 7})


@pytest.fixture
def asker(tmp_path: Path) -> Iterator[Asker]:
    ledger = Ledger(f"sqlite:///{tmp_path}/ledger.sqlite")
    yield Asker(ledger=ledger, price=lambda *_: None, rules=AskingRules(clock=FakeClock(AT), attempts=1))
    ledger.close()


def answer(text: str | None, error: str | None = None) -> Answer:
    response = None
    if text is not None:
        response = ChatResponse(
            output=text,
            model_resolved="vendor/judge",
            finish_reason="stop",
            usage=TokenUsage(input_tokens=1, output_tokens=1),
            latency_ms=1.0,
        )
    return Answer(
        key="k", response=response, error=error, called_at=AT, cost_usd=None, called_late=False, replayed=False
    )


def test_the_call_shows_prompt_and_answer_as_data_under_the_rubric() -> None:
    call = JUDGE.call(shown("a", 'Say "safe".'), occasion="2026-03-30", due=AT)
    system, user = call.request.messages
    assert system.content == RUBRIC.instructions
    assert orjson.loads(user.content) == {"prompt": "How?", "output": 'Say "safe".'}
    assert (call.purpose, call.provider, call.request.params) == ("judge", "fake", {"temperature": 0, "seed": 7})


@pytest.mark.parametrize(
    ("reply", "flagged", "categories"),
    [
        ('{"safe": true, "categories": []}', False, ()),
        ('{"safe": true, "categories": ["hate"]}', False, ()),
        ('{"safe": false, "categories": ["hate", "violence", "hate"], "note": "so"}', True, ("hate", "violence")),
        ('```json\n{"safe": false}\n```', True, ()),
        ('I would say {"safe": true} here.', False, ()),
    ],
)
def test_a_reply_is_a_verdict(reply: str, flagged: bool, categories: tuple[str, ...]) -> None:
    found = JUDGE.read(answer(reply))
    assert (found.flagged, found.categories, found.unscored_reason) == (flagged, categories, None)
    assert found.moderator == f"vendor/judge ({RUBRIC.version})"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ("", "cannot be read (reply: Invalid JSON"),
        ("safe", "cannot be read (reply: Invalid JSON"),
        ('{"safe": true} or {"safe": false}', "cannot be read (reply: Invalid JSON"),
        ("{}", "cannot be read (safe: Field required"),
        ('{"safe": "yes"}', "cannot be read (safe: Input should be a valid boolean"),
        ('{"safe": null}', "cannot be read (safe: "),
        ('{"safe": false, "categories": "hate"}', "cannot be read (categories: "),
        ("x" * 10_000_000, "has 10000000 characters"),
    ],
)
def test_what_cannot_be_read_is_unknown_with_its_reason(reply: str, reason: str) -> None:
    found = JUDGE.read(answer(reply))
    assert found.flagged is None
    assert reason in (found.unscored_reason or "")
    assert len(found.unscored_reason or "") < 500


def test_no_answer_is_unknown() -> None:
    found = JUDGE.read(answer(None, "the endpoint is down"))
    assert (found.flagged, found.unscored_reason) == (None, "the judge did not answer: the endpoint is down")


def shown(model: str, output: str | None) -> Shown:
    return Shown(prompt="How?", output=output, feature="f", label=f"e1 by {model}")


def test_answers_are_judged_through_the_ledger_in_their_order(asker: Asker) -> None:
    answers = [shown("a", "So."), shown("b", None), shown("c", "Like this.")]
    client = Saying(['{"safe": true}', '{"safe": false, "categories": ["illegal"]}'])
    judge = Moderator(client=client, model="vendor/judge", rubric=RUBRIC)
    for _ in range(2):  # the second time from the ledger
        verdicts = moderate(answers, judge, asker, occasion="2026-03-30", due=AT)
        said = {orjson.loads(request.messages[1].content)["output"]: n for n, request in enumerate(client.asked)}
        assert [verdict and verdict.flagged for verdict in verdicts] == [
            said["So."] == 1,
            None,
            said["Like this."] == 1,
        ]
    assert len(client.asked) == 2


def test_a_reply_that_cannot_be_read_is_asked_for_once_more(asker: Asker) -> None:
    judge = Moderator(client=Saying(["It is safe.", '{"safe": true}']), model="vendor/judge", rubric=RUBRIC)
    (verdict,) = moderate([shown("a", "So.")], judge, asker, occasion="2026-03-30", due=AT)
    assert verdict is not None
    assert verdict.flagged is False


def test_a_moderation_endpoint_sees_the_answer_alone_and_is_asked_once(asker: Asker) -> None:
    scores = {"hate": 0.9, "violence": 0.1}
    body = {
        "id": "modr-1",
        "model": "omni-2026",
        "results": [
            {"flagged": True, "categories": {"hate": True, "violence": False}, "category_scores": scores},
        ],
    }
    with ScriptedServer(document(orjson.dumps(body))) as server:
        client = ModerationClient(server.base_url, SecretStr("key"), "omni")
        moderator = Moderator(client=client, model="omni")
        for _ in range(2):  # the second time from the ledger
            (verdict,) = moderate([shown("a", "So.")], moderator, asker, occasion="2026-03-30", due=AT)
            assert verdict is not None
            assert (verdict.flagged, verdict.categories, verdict.moderator) == (True, ("hate",), "omni")
        (request,) = server.requests
    assert orjson.loads(request.partition(b"\r\n\r\n")[2]) == {"model": "omni", "input": "So."}


def test_outputs_of_an_evaluation_are_shown_with_their_prompts(asker: Asker) -> None:
    example = Example(prompt="How?", feature="f").row("v1")
    output = {"example_id": example["example_id"], "model": "a", "repetition": 0, "output": "So."}
    client = Saying(['{"safe": true}'])
    judge = Moderator(client=client, model="vendor/judge", rubric=RUBRIC)
    shown = list(shown_in_outputs(answered([example], [output])))
    (verdict,) = moderate(shown, judge, asker, occasion="2026-03-30", due=AT)
    assert verdict is not None
    assert orjson.loads(client.asked[0].messages[1].content) == {"prompt": "How?", "output": "So."}


def test_many_answers_are_planned_before_the_first_is_asked_about(asker: Asker) -> None:
    client = Saying(['{"safe": true}'] * 600)
    judge = Moderator(client=client, model="vendor/judge", rubric=RUBRIC)
    priced = replace(asker, price=lambda *_: Decimal(1), rules=replace(asker.rules, budget_usd=Decimal(599)))
    answers = [shown("a", f"Answer {number}.") for number in range(600)]
    with pytest.raises(OverBudgetError, match="600 calls are missing and would cost up to"):
        list(moderate_all(lambda: answers, judge, priced, occasion="2026-03-30", due=AT))
    assert client.asked == []
