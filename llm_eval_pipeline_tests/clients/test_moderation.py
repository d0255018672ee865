import asyncio

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatError, RetryLaterError
from llm_eval_pipeline.clients.moderation import Moderation, ModerationClient
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document, head

KEY = "sk-none-of-your-business"
RESULT = {
    "flagged": True,
    "categories": {"violence": True, "harassment": True, "sexual": False, "illicit": None},
    "category_scores": {"violence": 0.91, "harassment": 0.6, "sexual": 0.001, "illicit": None},
}


def answered(*results):
    return {"id": "modr-1", "model": "omni-moderation-2026", "results": list(results)}


def moderated(script, text="I will find you."):
    """What comes of one text, and the request that it was sent with."""

    async def ask(base_url):
        async with ModerationClient(base_url, SecretStr(KEY), "omni-moderation-latest", 5.0) as client:
            return await client.moderate(text)

    with ScriptedServer(script) as server:
        return asyncio.run(ask(server.base_url)), server.requests[0]


def refused(script, text="I will find you."):
    with pytest.raises(ChatError) as raised:
        moderated(script, text)
    return raised.value


def test_a_text_comes_back_with_what_is_wrong_with_it():
    moderation, request = moderated(document(orjson.dumps(answered(RESULT))))
    # a category that the model does not know (null) is neither flagged nor scored
    assert moderation == Moderation(
        flagged=True,
        categories=("harassment", "violence"),
        scores={"violence": 0.91, "harassment": 0.6, "sexual": 0.001},
        model="omni-moderation-2026",
    )
    top, body = request.split(b"\r\n\r\n")
    assert top.startswith(b"POST /v1/moderations HTTP/1.1\r\n")
    assert f"Authorization: Bearer {KEY}".encode() in top
    assert orjson.loads(body) == {"model": "omni-moderation-latest", "input": "I will find you."}


def test_a_harmless_text_has_no_categories():
    harmless = {"flagged": False, "categories": {"violence": False}, "category_scores": {"violence": 0.0}}
    moderation, _ = moderated(document(orjson.dumps(answered(harmless))))
    assert (moderation.flagged, moderation.categories, moderation.scores) == (False, (), {"violence": 0.0})


def test_the_provider_names_the_endpoint():
    client = ModerationClient("https://api.openai.com/v1", SecretStr(KEY), "m")
    assert client.provider == "moderation:api.openai.com/v1"


@pytest.mark.parametrize(
    ("script", "throttled"),
    [
        ([head(status="429 Too Many", Content_Length=0)], True),
        ([head(status="503 Busy", Content_Length=0)], False),
        ([], False),
        (document(orjson.dumps({"error": {"code": 429, "message": "slower"}})), True),
    ],
)
def test_trouble_that_may_pass_is_left_to_who_asks(script, throttled):
    error = refused(script)
    assert isinstance(error, RetryLaterError)
    assert error.throttled == throttled


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "is no moderation (body: "),
        (b"{}", "is no moderation (model: "),
        (orjson.dumps(answered()), "is no moderation (results: "),
        (orjson.dumps(answered(RESULT, RESULT)), "is no moderation (results: "),
        (orjson.dumps(answered(RESULT | {"flagged": "perhaps"})), "is no moderation (results.0.flagged: "),
        (orjson.dumps({"error": {"type": "invalid_request_error", "message": f"no {KEY}"}}), "error): no [key]"),
    ],
)
def test_anything_else_is_for_good_and_never_harmless(body, said):
    error = refused(document(body))
    assert type(error) is ChatError
    assert str(error).startswith("omni-moderation-latest: ")
    assert said in str(error)


def test_half_a_surrogate_pair_is_an_error_and_no_crash():
    assert "cannot be written as JSON" in str(refused([], "\ud800"))
