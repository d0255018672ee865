import pytest

from llm_eval_pipeline.assembly import judge, models
from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse
from llm_eval_pipeline.clients.python_callable import CallableError
from llm_eval_pipeline.settings import Settings

MODELS = {"models": ("m",), "endpoint": "https://models.example"}
JUDGE = {"judge": "m", "judge_endpoint": "https://judges.example"}


def answer(request: ChatRequest) -> str:
    return request.messages[-1].content


def answer_nobody() -> ChatResponse:
    raise AssertionError("never called")


@pytest.mark.parametrize(
    ("settings", "provider"),
    [
        ({}, "sample"),
        (MODELS, "openai-compatible:models.example"),
        (MODELS | {"api": "anthropic"}, "anthropic:models.example/v1"),
        ({"models": ("m",), "callable": f"{__name__}:answer"}, f"python:{__name__}:answer"),
    ],
)
def test_the_settings_choose_what_answers(settings, provider):
    assert models(Settings(**settings)).client.provider == provider


@pytest.mark.parametrize(
    ("settings", "provider"),
    [
        ({}, "local"),
        (JUDGE, "openai-compatible:judges.example"),
        (JUDGE | {"judge_api": "anthropic"}, "anthropic:judges.example/v1"),
    ],
)
def test_the_settings_choose_what_judges(settings, provider):
    assert judge(Settings(**settings)).client.provider == provider


@pytest.mark.parametrize("name", ["answer_nobody", "answer_all"])
def test_a_callable_that_cannot_answer_is_refused_before_anything_is_asked(name):
    with pytest.raises(CallableError, match=name):
        models(Settings(models=("m",), callable=f"{__name__}:{name}"))
