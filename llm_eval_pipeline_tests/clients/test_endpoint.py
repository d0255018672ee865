"""What every client over HTTP does when the other side misbehaves, shown on the client of OpenAI's API."""

import asyncio
import gzip

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.bounded_body import LONGEST_BODY
from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, Message, RetryLaterError
from llm_eval_pipeline.clients.endpoint_address import EndpointError
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline_tests.replay_formats import completion
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document, head

KEY = "sk-none-of-your-business"
ANSWER = orjson.dumps(completion({"model": "m", "messages": []}, "So it is."))


def asking(prompt="Why?"):
    return ChatRequest(model="m", messages=(Message(role="user", content=prompt),))


def complete(base_url, *requests, timeout_s=5.0, key=KEY):
    """What comes of each request, answers and errors alike, all asked at once."""

    async def ask():
        async with OpenAICompatibleClient(base_url, SecretStr(key), timeout_s) as client:
            asked = (client.complete(request) for request in requests or (asking(),))
            return await asyncio.gather(*asked, return_exceptions=True)

    return asyncio.run(ask())


def told(script, **options):
    """The one outcome of a script."""
    with ScriptedServer(script) as server:
        (outcome,) = complete(server.base_url, **options)
    return outcome


def test_an_answer_may_come_in_pieces_and_without_a_length():
    assert told([head(), ANSWER[:9], 0.02, ANSWER[9:30], 0.02, ANSWER[30:]]).output == "So it is."


def test_an_answer_may_come_compressed():
    packed = gzip.compress(ANSWER)
    assert told([head(Content_Encoding="gzip", Content_Length=len(packed)), packed]).output == "So it is."


@pytest.mark.parametrize(
    "script",
    [
        pytest.param([], id="before the answer"),
        pytest.param([b"HTTP/1.1 200 O"], id="in the status line"),
        pytest.param([b"HTTP/1.1 200 OK\r\nContent-Type: app"], id="in the headers"),
        pytest.param([head(Content_Length=len(ANSWER)), ANSWER[:40]], id="in a body of known length"),
        pytest.param([head(Transfer_Encoding="chunked"), b"28\r\n" + ANSWER[:40] + b"\r\n"], id="between two chunks"),
        pytest.param([head(Transfer_Encoding="chunked"), b"ff\r\n" + ANSWER[:40]], id="in a chunk"),
        pytest.param([head(Content_Encoding="gzip", Content_Length=9), b"no gzip !"], id="in a compressed body"),
    ],
)
def test_a_connection_that_ends_before_its_answer_may_hold_next_time(script):
    error = told(script)
    assert isinstance(error, RetryLaterError)
    assert "connection lost" in str(error) or "no HTTP" in str(error)


@pytest.mark.parametrize("script", [[30.0], [head(), 30.0], [head(), ANSWER[:40], 30.0]])
def test_an_endpoint_that_hangs_is_left_after_the_time_out_wherever_it_hangs(script):
    error = told(script, timeout_s=0.2)
    assert isinstance(error, RetryLaterError)
    assert "no answer in time" in str(error)


def test_an_answer_of_10_mb_is_for_good_and_is_not_read_when_it_says_its_length():
    with ScriptedServer([head(Content_Length=10**7), *[b" " * 2**16] * 153]) as server:
        (error,) = complete(server.base_url)
    assert type(error) is ChatError
    assert str(error) == "m: the endpoint's answer is longer than 8 MiB and was not read"
    assert server.sent < LONGEST_BODY / 2


def test_an_answer_that_does_not_end_is_left_soon_after_the_limit():
    with ScriptedServer([head(), *[b" " * 2**16] * 1000]) as server:
        (error,) = complete(server.base_url)
    assert "longer than 8 MiB" in str(error)
    assert server.sent < 2 * LONGEST_BODY


def test_an_answer_that_unpacks_to_more_than_the_limit_is_left_as_well():
    bomb = gzip.compress(b" " * (LONGEST_BODY + 2**20))
    error = told([head(Content_Encoding="gzip", Content_Length=len(bomb)), bomb])
    assert "longer than 8 MiB" in str(error)


def test_a_refusal_of_10_mb_is_quoted_from_its_beginning():
    with ScriptedServer([head(status="400 Bad", Content_Length=10**7), *[b"wrong " * 10_000] * 160]) as server:
        (error,) = complete(server.base_url)
    assert str(error).startswith("m: the endpoint answered 400: wrong wrong")
    assert len(str(error)) < 400
    assert server.sent < LONGEST_BODY / 2


@pytest.mark.parametrize(
    "body", [b"", b"null", b"1", b'"text"', b"<html>", b"\x00\xff\xfe", ANSWER[:-1], b"[" * 10_000]
)
def test_an_answer_that_is_no_json_or_another_is_for_good(body):
    error = told(document(body))
    assert type(error) is ChatError
    assert "is no chat completion (body: " in str(error)


def test_an_answer_of_another_protocol_may_be_a_proxy_that_starts():
    error = told([b"SSH-2.0-OpenSSH_9.2\r\n"])
    assert isinstance(error, RetryLaterError)
    assert "the answer is no HTTP" in str(error)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_neither_prompt_nor_key_are_sent_on(status):
    with ScriptedServer(document(ANSWER)) as elsewhere:
        host = elsewhere.base_url.removeprefix("http://").removesuffix("/v1")
        to = f"http://me:s3cret@{host}/v1/chat/completions?token={KEY}"
        error = told([head(status=f"{status} Moved", Location=to, Content_Length=0)])
    assert type(error) is ChatError
    assert f"answered {status} and points to {host}; " in str(error)
    assert not {"s3cret", KEY} & set(str(error).replace("=", " ").replace(":", " ").split())
    assert elsewhere.requests == []


@pytest.mark.parametrize("to", [{}, {"Location": "/v2/chat"}, {"Location": "http://[broken"}])
def test_a_redirect_to_nowhere_is_an_error_as_well(to):
    error = told([head(status="302 Found", Content_Length=0, **to)])
    assert "answered 302 and points elsewhere" in str(error)


@pytest.mark.parametrize("megabytes", [1, 3])
def test_a_prompt_of_megabytes_arrives_whole(megabytes):
    prompt = "long " * 200_000 * megabytes
    with ReplayServer({prompt: "Long."}) as server:
        (response,) = complete(server.base_url, asking(prompt))
    assert response.output == "Long."
    assert server.received[0].headers["Content-Type"] == "application/json"


def test_every_plane_of_unicode_arrives_and_comes_back():
    # one letter of each of the 17 planes, the last code points among them, and what JSON must escape
    prompt = "".join(chr(plane * 0x10000 + 0xFFFD) for plane in range(17)) + '\x00\x1f\x7f"\\\u2028\U0010ffff'
    with ReplayServer({prompt: prompt[::-1]}) as server:
        (response,) = complete(server.base_url, asking(prompt))
    assert response.output == prompt[::-1]


@pytest.mark.parametrize("prompt", ["\ud800", "half an emoji: \ud83d", "\udfff\ud800"])
def test_half_a_surrogate_pair_fails_its_own_call_alone(prompt):
    with ReplayServer({"Why?": "So."}) as server:
        broken, response = complete(server.base_url, asking(prompt), asking())
    assert type(broken) is ChatError
    assert str(broken).startswith("m: the request cannot be written as JSON (str is not valid UTF-8: surrogates not")
    assert response.output == "So."


def test_money_that_is_gone_is_for_good_though_the_status_is_429():
    error = {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    with ReplayServer({}, failures=[Failure(status=429, body=orjson.dumps({"error": error}))]) as server:
        (raised,) = complete(server.base_url)
    assert type(raised) is ChatError
    assert "You exceeded your current quota" in str(raised)


@pytest.mark.parametrize(("status", "says", "kind"), [(400, "true", RetryLaterError), (500, "false", ChatError)])
def test_an_endpoint_that_says_whether_to_try_again_knows_better_than_its_status(status, says, kind):
    with ReplayServer({}, failures=[Failure(status=status, headers={"x-should-retry": says})]) as server:
        (error,) = complete(server.base_url)
    assert type(error) is kind


@pytest.mark.parametrize("status", [429, 529])
@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "Retry-After": "3"}, 0.25),
        ({"retry-after-ms": "soon", "Retry-After": "3"}, 3),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "nan"}, None),
        ({}, None),
    ],
)
def test_an_endpoint_with_too_much_to_do_may_say_for_how_long(status, headers, seconds):
    with ReplayServer({}, failures=[Failure(status=status, headers=headers)]) as server:
        (error,) = complete(server.base_url)
    assert isinstance(error, RetryLaterError)
    assert (error.throttled, error.retry_after_s) == (True, seconds)


@pytest.mark.parametrize(
    "base_url", ["localhost:8000/v1", "ftp://host/v1", "", "https://", "http://[::1/v1", "http://h:x"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_asked(base_url):
    with pytest.raises(EndpointError, match="address"):
        OpenAICompatibleClient(base_url, SecretStr(KEY))


@pytest.mark.parametrize("key", ["sk-1\n", " sk-1", "sk-1\r\nX-Other: 1", "sk-…"])
def test_a_key_that_no_header_takes_is_refused_and_not_shown(key):
    with pytest.raises(EndpointError, match=r"the key for 127\.0\.0\.1:1/v1 holds") as raised:
        OpenAICompatibleClient("http://127.0.0.1:1/v1", SecretStr(key))
    assert "sk-" not in str(raised.value)


def test_a_user_and_a_key_cannot_both_be_sent():
    with pytest.raises(EndpointError, match=r"the address of h/v1 names a user, and there is a key") as raised:
        OpenAICompatibleClient("https://me:s3cret@h/v1", SecretStr(KEY))
    assert "s3cret" not in str(raised.value)


def test_the_query_of_an_address_is_kept_and_stays_secret():
    with ScriptedServer(document(ANSWER)) as server:
        complete(f"{server.base_url}?api-version=7&key=s3cret")
        server.script = [b"no HTTP\r\n\r\n"]
        (error,) = complete(f"{server.base_url}?api-version=7&key=s3cret")
    assert server.requests[0].startswith(b"POST /v1/chat/completions?api-version=7&key=s3cret HTTP/1.1\r\n")
    assert "s3cret" not in str(error)
    assert error.__cause__ is None
