import asyncio
import traceback
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, Message, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer

KEY = "sk-none-of-your-business"
REQUEST = ChatRequest(
    model="acme/large",
    messages=(Message(role="system", content="Be brief."), Message(role="user", content="What is it?")),
    params={"temperature": 0.5, "max_tokens": 64},
)
ANSWERS = {"What is it?": "A test."}
USAGE = {"prompt_tokens": 20, "completion_tokens": 7}


def complete(base_url, *, key=KEY, times=1, **options):
    """The responses to ``times`` requests, one after the other."""

    async def ask():
        async with OpenAICompatibleClient(base_url, SecretStr(key), **options) as client:
            return [await client.complete(REQUEST) for _ in range(times)]

    return asyncio.run(ask())


def replied(body, *, status=200, **headers):
    """The response to one request that gets this body."""
    content = body if isinstance(body, str | bytes) else orjson.dumps(body)
    with ReplayServer({}, failures=[Failure(status=status, body=content, headers=headers)]) as server:
        (response,) = complete(server.base_url)
    return response


def refused(body, *, status=200, **headers):
    """The error of one request that gets this body."""
    with pytest.raises(ChatError) as raised:
        replied(body, status=status, **headers)
    return raised.value


def completion(**changes):
    return {
        "model": "acme/large-2026-03",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "A test."}, "finish_reason": "length"}],
        "usage": USAGE,
        **changes,
    }


def saying(**message):
    return completion(choices=[{"message": message, "finish_reason": "stop"}])


def test_an_answer_comes_with_its_tokens_and_its_time():
    with ReplayServer(ANSWERS, delay_s=0.05) as server:
        (response,) = complete(server.base_url)
    assert (response.output, response.model_resolved, response.finish_reason) == ("A test.", "acme/large", "stop")
    # "Be brief." and "What is it?" are 20 characters, 5 tokens; "A test." is 7 characters, 2 tokens
    assert response.usage == TokenUsage(input_tokens=5, output_tokens=2)
    assert response.system_fingerprint == "fp_replayed"
    assert 50 <= response.latency_ms < 5000


def test_the_request_is_sent_as_it_is():
    with ReplayServer(ANSWERS) as server:
        complete(server.base_url)
    (received,) = server.received
    assert received.body == {
        "model": "acme/large",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "What is it?"}],
        "temperature": 0.5,
        "max_tokens": 64,
    }


@pytest.mark.parametrize(
    ("base_url", "provider"),
    [
        ("https://api.openai.com/v1", "openai-compatible:api.openai.com/v1"),
        ("https://API.openai.com/v1/", "openai-compatible:api.openai.com/v1"),
        ("http://localhost:8000/v1", "openai-compatible:localhost:8000/v1"),
        ("https://gateway.example/a/v1?key=s3cret#top", "openai-compatible:gateway.example/a/v1"),
        ("http://[::1]:8000", "openai-compatible:[::1]:8000"),
    ],
)
def test_the_provider_names_the_endpoint_and_none_of_its_secrets(base_url, provider):
    assert OpenAICompatibleClient(base_url, SecretStr(KEY)).provider == provider


def test_the_provider_does_not_name_the_user_of_an_address():
    client = OpenAICompatibleClient("https://me:s3cret@gateway.example/a/v1", SecretStr(""))
    assert client.provider == "openai-compatible:gateway.example/a/v1"


def test_a_slash_at_the_end_of_the_address_changes_nothing():
    with ReplayServer(ANSWERS) as server:
        assert complete(f"{server.base_url}/")[0].output == "A test."


def test_the_key_is_sent_as_a_bearer_token():
    with ReplayServer(ANSWERS) as server:
        complete(server.base_url)
    assert server.received[0].headers["Authorization"] == f"Bearer {KEY}"


def test_without_a_key_nothing_is_sent_in_its_place():
    with ReplayServer(ANSWERS) as server:
        complete(server.base_url, key="")
    assert "Authorization" not in server.received[0].headers


def test_what_answered_is_told_apart_from_what_was_asked():
    assert replied(completion()).model_resolved == "acme/large-2026-03"


def test_cached_and_reasoning_tokens_are_parts_of_the_whole():
    usage = {
        "prompt_tokens": 20,
        "completion_tokens": 7,
        "prompt_tokens_details": {"cached_tokens": 15, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 4},
    }
    assert replied(completion(usage=usage)).usage == TokenUsage(
        input_tokens=20, output_tokens=7, cached_input_tokens=15, reasoning_tokens=4
    )


def test_details_may_be_null():
    usage = {"prompt_tokens": 20, "completion_tokens": 7, "prompt_tokens_details": {"cached_tokens": None}}
    assert replied(completion(usage=usage | {"completion_tokens_details": None})).usage == TokenUsage(
        input_tokens=20, output_tokens=7
    )


def test_reasoning_that_is_counted_beside_the_output_is_added_to_it():
    # 20 asked, 7 shown and 90 thought of are 117: the total shows that the 7 do not include the 90
    usage = USAGE | {"total_tokens": 117, "completion_tokens_details": {"reasoning_tokens": 90}}
    assert replied(completion(usage=usage)).usage == TokenUsage(input_tokens=20, output_tokens=97, reasoning_tokens=90)


@pytest.mark.parametrize(
    "usage",
    [None, {}, {"prompt_tokens": 20}, {"completion_tokens": 7}, {"prompt_tokens": 20, "completion_tokens": None}],
)
def test_an_answer_whose_tokens_nobody_counted_is_kept_and_its_usage_is_unknown(usage):
    response = replied(completion(usage=usage))
    assert (response.output, response.usage) == ("A test.", None)


@pytest.mark.parametrize(
    ("usage", "where"),
    [
        ({"prompt_tokens": -1, "completion_tokens": 1}, "usage.prompt_tokens: "),
        ({"prompt_tokens": 20.5, "completion_tokens": 1}, "usage.prompt_tokens: "),
        ({"prompt_tokens": 20, "completion_tokens": 2**53 + 1}, "usage.completion_tokens: "),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": 21}}, "usage: 21 cached tokens of 20 prompt tokens"),
        (USAGE | {"completion_tokens_details": {"reasoning_tokens": 8}}, "usage: 8 reasoning tokens of 7"),
        (USAGE | {"prompt_tokens_details": {"cached_tokens": -1}}, "usage.prompt_tokens_details.cached_tokens: "),
        ([20, 7], "usage: "),
    ],
)
def test_a_paid_answer_is_kept_when_its_tokens_cannot_be(usage, where, caplog):
    response = replied(completion(usage=usage))
    assert (response.output, response.usage) == ("A test.", None)
    assert f"acme/large: the endpoint counts tokens in a way that cannot be ({where}" in caplog.text


def test_odd_counts_are_warned_of_once_per_model(caplog):
    body = orjson.dumps(completion(usage={"prompt_tokens": -1}))
    with ReplayServer({}, failures=[Failure(status=200, body=body)] * 3) as server:
        assert [response.usage for response in complete(server.base_url, times=3)] == [None] * 3
    assert len([record for record in caplog.records if "counts tokens" in record.message]) == 1


@pytest.mark.parametrize("model", [None, ""])
def test_an_answer_that_does_not_name_its_model_is_of_the_one_that_was_asked(model):
    assert replied(completion(model=model)).model_resolved == "acme/large"


@pytest.mark.parametrize(
    ("message", "output"),
    [
        ({"content": ""}, ""),
        ({"content": None}, ""),
        ({"content": None, "refusal": "I cannot help with that."}, "I cannot help with that."),
        ({"content": []}, ""),
        ({"content": [{"type": "text", "text": "It is "}, {"type": "text", "text": "so."}]}, "It is so."),
        ({"content": [{"type": "thinking", "thinking": "Hm."}, {"type": "text", "text": "So."}]}, "So."),
    ],
)
def test_the_text_of_an_answer_may_be_empty_a_refusal_or_in_parts(message, output):
    assert replied(saying(**message)).output == output


@pytest.mark.parametrize("status", [408, 409, 425, 500, 502, 503, 504, 520])
def test_trouble_of_the_endpoint_may_pass(status):
    error = refused("busy", status=status)
    assert isinstance(error, RetryLaterError)
    assert (error.throttled, error.retry_after_s) == (False, None)
    assert str(error) == f"acme/large: the endpoint answered {status}: busy"


def test_after_the_trouble_the_same_client_gets_its_answer():
    async def ask(base_url):
        async with OpenAICompatibleClient(base_url, SecretStr(KEY)) as client:
            with pytest.raises(RetryLaterError):
                await client.complete(REQUEST)
            return await client.complete(REQUEST)

    with ReplayServer(ANSWERS, failures=[Failure(status=500)]) as server:
        assert asyncio.run(ask(server.base_url)).output == "A test."
    assert server.calls == {"What is it?": 2}


@pytest.mark.parametrize(
    ("value", "seconds"), [("7", 7), ("0.25", 0.25), ("0", 0), ("-3", 0), ("soon", None), ("", None)]
)
def test_too_many_requests_says_when_to_come_back(value, seconds):
    error = refused("slow down", status=429, **{"Retry-After": value})
    assert isinstance(error, RetryLaterError)
    assert (error.throttled, error.retry_after_s) == (True, seconds)


def test_when_to_come_back_may_be_a_date():
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert 80 < refused("slow down", status=429, **{"Retry-After": at}).retry_after_s <= 90


def test_a_date_that_has_passed_is_no_wait():
    assert refused("busy", status=503, **{"Retry-After": "Wed, 01 Jan 2020 00:00:00 GMT"}).retry_after_s == 0


@pytest.mark.parametrize("status", [204, 400, 401, 403, 404, 422, 501])
def test_any_other_status_is_for_good(status):
    error = refused("" if status == 204 else "this is wrong", status=status)
    assert type(error) is ChatError
    assert str(error).startswith(f"acme/large: the endpoint answered {status}: ")


def test_the_endpoint_has_its_say_in_the_error_but_not_at_length():
    error = str(refused("wrong parameter " * 1000, status=400))
    assert "wrong parameter wrong" in error
    assert len(error) < 400


@pytest.mark.parametrize(
    ("body", "where"),
    [
        ("", "body"),
        ("<html>Sign in</html>", "body"),
        ("[]", "body"),
        ("{}", "choices"),
        (completion(choices=[]), "choices"),
        (completion(choices=[{"finish_reason": "stop"}]), "choices.0.message"),
        (saying(content=["a", "list"]), "choices.0.message.content"),
        (saying(content=[{"type": "text", "text": None}]), "choices.0.message.content"),
        (b'{"model": "\xff"}', "body"),
        (rb'{"model": "\ud800"}', "body"),
    ],
)
def test_a_body_that_is_no_completion_is_for_good_and_says_where(body, where):
    error = refused(body)
    assert type(error) is ChatError
    assert str(error).startswith(f"acme/large: the endpoint's answer is no chat completion ({where}: ")


@pytest.mark.parametrize(
    ("error", "kind", "throttled"),
    [
        ({"message": "so many", "type": "tokens", "code": "rate_limit_exceeded"}, "tokens, rate_limit_exceeded", True),
        ({"message": "so many", "code": 429}, "429", True),
        ({"message": "so many", "code": "503"}, "503", False),
        ({"message": "so many", "type": "server_error"}, "server_error", False),
    ],
)
def test_an_error_under_a_200_may_pass_when_its_kind_does(error, kind, throttled):
    raised = refused({"error": error})
    assert isinstance(raised, RetryLaterError)
    assert raised.throttled == throttled
    assert str(raised) == f"acme/large: the endpoint answered with an error ({kind}): so many"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"error": {"message": "no such model", "type": "invalid_request_error"}}, "(invalid_request_error): no such"),
        ({"error": {"message": "too long", "code": 400}, "choices": None}, "(400): too long"),
        ({"error": "model not found"}, "(of no type): model not found"),
        (
            {"object": "error", "message": "not found", "type": "NotFoundError", "code": 404},
            "(NotFoundError, 404): not",
        ),
        ({"error": {}}, "(of no type): it does not say what"),
        (completion(choices=[{"message": {}, "error": {"code": 400, "message": "cut"}}]), "(400): cut"),
    ],
)
def test_any_other_error_under_a_200_is_for_good_and_quoted(body, told):
    error = refused(body)
    assert type(error) is ChatError
    assert str(error).startswith(f"acme/large: the endpoint answered with an error {told}")


def test_no_answer_in_time_may_pass():
    with (
        ReplayServer(ANSWERS, delay_s=5) as server,
        pytest.raises(RetryLaterError, match=r"acme/large at 127.0.0.1:\d+/v1: no answer in time"),
    ):
        complete(server.base_url, timeout_s=0.05)


def test_a_lost_connection_may_pass():
    with ReplayServer(ANSWERS) as server:
        gone = server.base_url
    with pytest.raises(RetryLaterError, match=r"acme/large at 127.0.0.1:\d+/v1: connection lost"):
        complete(gone)


@pytest.mark.parametrize("status", [401, 429, 500])
def test_a_key_that_the_endpoint_repeats_is_not_in_the_error(status):
    error = refused(f"Incorrect API key: Bearer {KEY}", status=status)
    assert str(error).endswith("Incorrect API key: Bearer [key]")
    assert KEY not in "".join(traceback.format_exception(error))


def test_a_key_that_an_error_under_a_200_repeats_is_not_in_the_error():
    error = refused({"error": {"message": f"Incorrect API key: {KEY}", "type": KEY}})
    assert str(error).endswith("([key]): Incorrect API key: [key]")
    assert KEY not in "".join(traceback.format_exception(error))


def test_no_piece_of_a_key_is_left_where_an_error_is_cut():
    assert "sk-none" not in str(refused("x" * 290 + KEY, status=401))


def test_the_key_is_not_in_the_text_of_any_other_error():
    with ReplayServer(ANSWERS) as server:
        gone = server.base_url
    with pytest.raises(RetryLaterError) as raised:
        complete(gone)
    for error in (raised.value, refused(f"not json {KEY}"), refused(completion(model={"key": KEY}))):
        assert KEY not in "".join(traceback.format_exception(error))


def test_the_key_is_not_in_the_client():
    client = OpenAICompatibleClient("http://127.0.0.1:1/v1", SecretStr(KEY))
    assert KEY not in f"{client!r} {vars(client)!r}"


def test_connections_are_used_again():
    with ReplayServer(ANSWERS) as server:
        assert len(complete(server.base_url, times=5)) == 5
    assert server.total_calls == 5
    assert len({received.peer for received in server.received}) == 1
