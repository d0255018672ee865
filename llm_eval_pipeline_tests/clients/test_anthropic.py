import asyncio

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.anthropic import AnthropicClient
from llm_eval_pipeline.clients.chat import (
    UNLIMITED_OUTPUT,
    ChatError,
    ChatRequest,
    Message,
    RetryLaterError,
    TokenUsage,
)
from llm_eval_pipeline_tests.replay_formats import message, message_events, named
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document, head

KEY = "sk-ant-none-of-your-business"
MESSAGES = (
    Message(role="system", content="Be brief."),
    Message(role="developer", content="Be kind."),
    Message(role="user", content="Why?"),
)
REQUEST = ChatRequest(model="claude", messages=MESSAGES, params={"temperature": 0.5, "max_tokens": 64})
BODY = {"model": "claude", "messages": []}
USAGE = {"input_tokens": 20, "output_tokens": 7}
STREAM = head(kind="text/event-stream")


def complete(base_url, request=REQUEST, *, stream=False, key=KEY):
    async def ask():
        async with AnthropicClient(base_url, SecretStr(key), 5.0, stream=stream) as client:
            return await client.complete(request)

    return asyncio.run(ask())


def sent(request):
    """The body that a request is posted with."""
    with ReplayServer({"Why?": "So."}) as server:
        complete(server.base_url, request)
    return server.received[0].body


def replied(body):
    with ScriptedServer(document(orjson.dumps(body))) as server:
        return complete(server.base_url)


def streamed(*script):
    with ScriptedServer([STREAM, *script]) as server:
        return complete(server.base_url, stream=True)


def refused(script, **options):
    with ScriptedServer(script) as server, pytest.raises(ChatError) as raised:
        complete(server.base_url, **options)
    return raised.value


def saying(**changes):
    return message(BODY, "So it is.") | changes


def delta(text):
    return named("content_block_delta", index=0, delta={"type": "text_delta", "text": text})


def start(**usage):
    return named("message_start", message=saying(content=[], stop_reason=None, usage=usage))


def ended(reason="end_turn", **usage):
    return named("message_delta", delta={"stop_reason": reason}, usage=usage)


def test_an_answer_comes_with_its_tokens_and_its_time():
    with ReplayServer({"Why?": "So it is."}, delay_s=0.05) as server:
        response = complete(server.base_url)
    assert (response.output, response.model_resolved, response.finish_reason) == ("So it is.", "claude", "stop")
    # "Be brief.\n\nBe kind." and "Why?" are 19 + 4 characters, 6 tokens; "So it is." is 9 characters, 3 tokens
    assert response.usage == TokenUsage(input_tokens=6, output_tokens=3)
    assert 50 <= response.latency_ms < 5000
    assert response.time_to_first_token_ms is None


def test_the_systems_messages_stand_apart_and_the_rest_is_sent_as_it_is():
    assert sent(REQUEST) == {
        "model": "claude",
        "system": "Be brief.\n\nBe kind.",
        "messages": [{"role": "user", "content": "Why?"}],
        "temperature": 0.5,
        "max_tokens": 64,
    }


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, {"max_tokens": UNLIMITED_OUTPUT}),
        ({"max_completion_tokens": 9}, {"max_tokens": 9}),
        ({"max_tokens": 9, "stop": "."}, {"max_tokens": 9, "stop_sequences": ["."]}),
        ({"max_tokens": 9, "stop": [".", "!"]}, {"max_tokens": 9, "stop_sequences": [".", "!"]}),
        ({"max_tokens": 9, "top_k": 4}, {"max_tokens": 9, "top_k": 4}),
    ],
)
def test_parameters_get_the_names_of_this_api_and_a_limit_is_always_sent(params, expected):
    request = ChatRequest(model="claude", messages=MESSAGES[2:], params=params)
    assert sent(request) == {"model": "claude", "messages": [{"role": "user", "content": "Why?"}], **expected}


def test_the_key_and_the_version_are_headers_and_no_bearer_is_sent():
    with ReplayServer({"Why?": "So."}) as server:
        complete(server.base_url)
        complete(server.base_url, key="")
    with_key, without = (received.headers for received in server.received)
    assert (with_key["x-api-key"], with_key["anthropic-version"]) == (KEY, "2023-06-01")
    assert "Authorization" not in with_key
    assert "x-api-key" not in without


@pytest.mark.parametrize("ending", ["", "/", "/v1", "/v1/"])
def test_the_version_may_stand_in_the_address_or_not(ending):
    client = AnthropicClient(f"https://api.anthropic.com{ending}", SecretStr(KEY))
    assert client.provider == "anthropic:api.anthropic.com/v1"
    with ReplayServer({"Why?": "So."}) as server:
        assert complete(server.base_url.removesuffix("/v1") + ending).output == "So."


def test_tokens_of_the_cache_are_parts_of_the_whole_here_though_not_there():
    usage = {
        "input_tokens": 20,
        "cache_read_input_tokens": 300,
        "cache_creation_input_tokens": 4000,
        "output_tokens": 7,
    }
    # 20 that no cache touched, 300 read and 4,000 written make 4,320
    assert replied(saying(usage=usage)).usage == TokenUsage(
        input_tokens=4320, output_tokens=7, cached_input_tokens=300, cache_write_tokens=4000
    )


def test_thinking_is_a_part_of_the_output():
    usage = USAGE | {"output_tokens_details": {"thinking_tokens": 5}}
    expected = TokenUsage(input_tokens=20, output_tokens=7, reasoning_tokens=5)
    assert replied(saying(usage=usage)).usage == expected
    assert streamed(start(input_tokens=20), delta("So."), ended(**usage)).usage == expected


@pytest.mark.parametrize(
    ("usage", "where"),
    [
        ({"input_tokens": -1, "output_tokens": 1}, "usage.input_tokens: "),
        ({"input_tokens": 1, "output_tokens": 0.5}, "usage.output_tokens: "),
        (USAGE | {"output_tokens_details": {"thinking_tokens": 8}}, "usage: 8 reasoning tokens of"),
    ],
)
def test_a_paid_answer_is_kept_when_its_tokens_cannot_be_streamed_or_not(usage, where, caplog):
    for response in (replied(saying(usage=usage)), streamed(start(), delta("So it is."), ended(**usage))):
        assert (response.output, response.usage) == ("So it is.", None)
    assert caplog.text.count(f"claude: the endpoint counts tokens in a way that cannot be ({where}") == 2


def test_an_answer_that_does_not_name_its_model_is_of_the_one_that_was_asked():
    unnamed = named("message_start", message={"usage": USAGE})
    for response in (replied(saying(model=None)), streamed(unnamed, delta("So it is."), ended())):
        assert (response.output, response.model_resolved) == ("So it is.", "claude")


@pytest.mark.parametrize("usage", [None, {}, {"input_tokens": 3}, {"output_tokens": 3}])
def test_an_answer_whose_tokens_nobody_counted_is_kept_and_its_usage_is_unknown(usage):
    response = replied(saying(usage=usage))
    assert (response.output, response.usage) == ("So it is.", None)


@pytest.mark.parametrize(
    ("stop_reason", "finish_reason"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "content_filter"),
        ("tool_use", "tool_calls"),
        ("pause_turn", "pause_turn"),
        (None, "unknown"),
    ],
)
def test_why_an_answer_ended_is_told_in_the_words_of_all_tables(stop_reason, finish_reason):
    assert replied(saying(stop_reason=stop_reason)).finish_reason == finish_reason
    if stop_reason is not None:
        assert streamed(start(), delta("So."), ended(stop_reason)).finish_reason == finish_reason


def test_text_is_joined_and_thinking_left_out():
    thinking = {"type": "thinking", "thinking": "Hm.", "signature": "x"}
    blocks = [
        thinking,
        {"type": "text", "text": "So "},
        {"type": "tool_use", "id": "1"},
        {"type": "text", "text": "be it."},
    ]
    assert replied(saying(content=blocks)).output == "So be it."


def test_an_answer_may_be_empty():
    assert replied(saying(content=[], stop_reason="refusal")).output == ""


def test_a_streamed_answer_is_the_same_as_a_whole_one_and_has_the_time_to_its_first_token():
    with ReplayServer({"Why?": "So it is."}, delay_s=0.1, piece_s=0.02) as server:
        in_pieces = complete(server.base_url, stream=True)
        whole = complete(server.base_url)
    assert server.received[0].body == server.received[1].body | {"stream": True}
    assert (in_pieces.output, in_pieces.finish_reason) == (whole.output, whole.finish_reason) == ("So it is.", "stop")
    assert in_pieces.usage == whole.usage == TokenUsage(input_tokens=6, output_tokens=3)
    assert in_pieces.model_resolved == whole.model_resolved
    # three events and 20 ms after each come before the first word, five more after it
    assert in_pieces.time_to_first_token_ms >= 100 + 3 * 20
    assert in_pieces.latency_ms - in_pieces.time_to_first_token_ms >= 5 * 20


def test_tokens_of_a_stream_are_those_of_its_start_as_its_end_corrects_them():
    response = streamed(
        start(input_tokens=20, cache_read_input_tokens=5, output_tokens=1),
        delta("So."),
        ended(output_tokens=9, cache_read_input_tokens=6),
        named("message_stop"),
    )
    assert response.usage == TokenUsage(input_tokens=26, output_tokens=9, cached_input_tokens=6)
    assert streamed(start(), delta("So."), ended(output_tokens=9), named("message_stop")).usage is None


def test_thinking_is_no_first_token_and_unknown_events_are_skipped():
    thinking = named("content_block_delta", index=0, delta={"type": "thinking_delta", "thinking": "Hm."})
    news = named("something_new", payload=[1, 2])
    response = streamed(start(), thinking, news, 0.1, delta("message_stop"), ended(), named("message_stop"))
    assert response.output == "message_stop"
    assert response.time_to_first_token_ms >= 100


def test_an_ended_answer_needs_no_proper_end_of_its_stream():
    assert streamed(start(), delta("So."), ended()).output == "So."
    assert streamed(*message_events(BODY, "So."), 30.0).output == "So."


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([], "the stream ended before the answer did"),
        ([start(), delta("So")], "the stream ended before the answer did"),
        ([start(), delta("So"), delta(" it is.")[:40]], "the stream broke off in the middle of a line"),
        ([delta("So"), ended()], "the stream ended before the answer did"),
    ],
)
def test_a_stream_that_breaks_off_may_hold_next_time(script, reason):
    error = refused([STREAM, *script], stream=True)
    assert isinstance(error, RetryLaterError)
    assert reason in str(error)


@pytest.mark.parametrize(
    ("kind", "retried", "throttled"),
    [
        ("overloaded_error", True, True),
        ("rate_limit_error", True, True),
        ("api_error", True, False),
        ("timeout_error", True, False),
        ("invalid_request_error", False, False),
        ("billing_error", False, False),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_an_error_under_a_200_or_within_a_stream_is_quoted_and_may_pass_when_its_kind_does(
    kind, retried, throttled, stream
):
    error = {"type": "error", "error": {"type": kind, "message": f"Sorry, {KEY}"}}
    if stream:
        raised = refused([STREAM, start(), delta("So"), named("error", error=error["error"])], stream=True)
    else:
        raised = refused(document(orjson.dumps(error)))
    assert isinstance(raised, RetryLaterError) == retried
    assert getattr(raised, "throttled", False) == throttled
    assert str(raised) == f"claude: the endpoint answered with an error ({kind}): Sorry, [key]"


def test_an_overloaded_endpoint_asks_for_fewer_calls():
    body = orjson.dumps({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}})
    with (
        ReplayServer({}, failures=[Failure(status=529, body=body)]) as server,
        pytest.raises(RetryLaterError) as raised,
    ):
        complete(server.base_url)
    assert raised.value.throttled
    assert str(raised.value).startswith("claude: the endpoint answered 529: ")
    assert "Overloaded" in str(raised.value)


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "body"),
        (b"[]", "body"),
        (b"\xff", "body"),
        (b"{}", "content"),
        (orjson.dumps(saying(content="So.")), "content"),
        (orjson.dumps(saying(content=["So."])), "content.0"),
    ],
)
def test_a_body_that_is_no_message_is_for_good_and_says_where(body, where):
    error = refused(document(body))
    assert type(error) is ChatError
    assert str(error).startswith(f"claude: the endpoint's answer is no message ({where}: ")


@pytest.mark.parametrize("data", [b"not json", b"[]", b'{"type": "message_start", "message": {"model": 1}}'])
def test_an_event_that_is_none_is_for_good(data):
    error = refused([STREAM, b"data: " + data + b"\n\n"], stream=True)
    assert type(error) is ChatError
    assert "is no message (" in str(error)


def test_an_endpoint_that_does_not_stream_has_answered_without_a_first_token():
    with ScriptedServer(document(orjson.dumps(saying()))) as server:
        response = complete(server.base_url, stream=True)
    assert (response.output, response.time_to_first_token_ms) == ("So it is.", None)
