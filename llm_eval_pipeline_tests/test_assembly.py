import pytest

from llm_eval_pipeline.assembly import judge, models, moderator, pairwise_judge
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


MODERATED = {"moderation": "endpoint", "moderation_endpoint": "https://moderations.example/v1"}


@pytest.mark.parametrize(
    ("settings", "provider", "model"),
    [
        (JUDGE | {"moderation": "judge"}, "openai-compatible:judges.example", "m"),
        (MODERATED, "moderation:moderations.example/v1", "omni-moderation-latest"),
    ],
)
def test_the_settings_choose_who_moderates(settings, provider, model):
    found = moderator(Settings(**settings))
    assert (found.client.provider, found.model) == (provider, model)


def test_a_judge_that_moderates_is_asked_with_the_judges_params_and_an_endpoint_with_none():
    asked = JUDGE | {"judge_params": {"temperature": None, "max_completion_tokens": 400}}
    assert moderator(Settings(**asked, moderation="judge")).params == {"max_completion_tokens": 400}
    assert moderator(Settings(**JUDGE, moderation="judge")).params == {"temperature": 0}
    assert moderator(Settings(**asked, **MODERATED)).params == {}


def test_nobody_moderates_and_the_local_judge_compares_nothing_unless_asked():
    assert (moderator(Settings()), pairwise_judge(Settings())) == (None, None)
    assert pairwise_judge(Settings(**JUDGE)).rubric.version.startswith("pairwise-")


@pytest.mark.parametrize(("who", "needed"), [("judge", "JUDGE_ENDPOINT"), ("endpoint", "MODERATION_ENDPOINT")])
def test_a_moderator_needs_an_endpoint(who, needed):
    with pytest.raises(ValueError, match=f"LLM_EVAL_MODERATION is {who}: set LLM_EVAL_{needed} to where it answers"):
        Settings(moderation=who)
