"""Answers of OpenAI's API that come as streams."""

import asyncio

import orjson
import pytest
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, Message, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
from llm_eval_pipeline_tests.replay_formats import completion, completion_events, event
from llm_eval_pipeline_tests.replay_server import Failure, ReplayServer
from llm_eval_pipeline_tests.scripted_server import ScriptedServer, document, head

KEY = "sk-none-of-your-business"
REQUEST = ChatRequest(model="m", messages=(Message(role="user", content="Why?"),), params={"max_tokens": 9})
BODY = {"model": "m", "messages": [], "stream_options": {"include_usage": True}}
PIECES = list(completion_events(BODY, "So it is."))
STREAM = head(kind="text/event-stream; charset=utf-8")
END = b"data: [DONE]\n\n"


def complete(base_url, *, stream=True, times=1):
    async def ask():
        async with OpenAICompatibleClient(base_url, SecretStr(KEY), 5.0, stream=stream) as client:
            return [await client.complete(REQUEST) for _ in range(times)]

    return asyncio.run(ask())


def streamed(*script):
    with ScriptedServer([STREAM, *script]) as server:
        (response,) = complete(server.base_url)
    return response


def broken(*script):
    with pytest.raises(ChatError) as raised:
        streamed(*script)
    return raised.value


def chunk(text=None, *, reason=None, **changes):
    choice = {"index": 0, "delta": {} if text is None else {"content": text}, "finish_reason": reason}
    return event({"model": "m", "choices": [choice], **changes})


def test_a_streamed_answer_is_the_same_as_a_whole_one_and_has_the_time_to_its_first_token():
    with ReplayServer({"Why?": "So it is."}, delay_s=0.1, piece_s=0.02) as server:
        (in_pieces,) = complete(server.base_url)
        (whole,) = complete(server.base_url, stream=False)
    assert (in_pieces.output, in_pieces.finish_reason) == ("So it is.", "stop")
    # "Why?" is 4 characters, 1 token; "So it is." is 9 characters, 3 tokens
    assert in_pieces.usage == whole.usage == TokenUsage(input_tokens=1, output_tokens=3)
    assert (in_pieces.model_resolved, in_pieces.system_fingerprint) == (whole.model_resolved, whole.system_fingerprint)
    assert whole.time_to_first_token_ms is None
    # the role comes after 100 ms, the first word 20 ms after it, and four more pieces after that one
    assert in_pieces.time_to_first_token_ms >= 120
    assert in_pieces.latency_ms - in_pieces.time_to_first_token_ms >= 4 * 20


def test_the_request_asks_for_a_stream_and_for_its_usage():
    with ReplayServer({"Why?": "So."}) as server:
        complete(server.base_url)
    assert server.received[0].body == {
        "model": "m",
        "messages": [{"role": "user", "content": "Why?"}],
        "max_tokens": 9,
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_connections_are_used_again_after_a_stream():
    with ReplayServer({"Why?": "So it is."}) as server:
        assert len(complete(server.base_url, times=4)) == 4
    assert len({received.peer for received in server.received}) == 1


def test_a_stream_may_be_cut_anywhere():
    stream = b"".join(PIECES).replace(b"\n", b"\r\n")
    assert streamed(*(stream[place : place + 7] for place in range(0, len(stream), 7))).output == "So it is."


def test_comments_names_and_pieces_without_a_choice_are_skipped():
    azure = event({"model": "", "choices": [], "prompt_filter_results": []})
    response = streamed(b": OPENROUTER PROCESSING\n\n", b"event: message\n", azure, b"data: {}\n\n", *PIECES)
    assert (response.output, response.model_resolved) == ("So it is.", "m")


def test_other_choices_are_left_out():
    other = event({"model": "m", "choices": [{"index": 1, "delta": {"content": "Nope."}, "finish_reason": "length"}]})
    response = streamed(chunk("So."), other, chunk(reason="stop"), END)
    assert (response.output, response.finish_reason) == ("So.", "stop")


def test_usage_may_come_with_the_last_choice_or_with_none_or_not_at_all():
    usage = {"prompt_tokens": 5, "completion_tokens": 2}
    of_the_choice = streamed(chunk("So."), chunk(reason="stop", usage=usage), END)
    alone = streamed(chunk("So."), chunk(reason="stop"), event({"model": "m", "choices": None, "usage": usage}), END)
    assert of_the_choice.usage == alone.usage == TokenUsage(input_tokens=5, output_tokens=2)
    assert streamed(chunk("So."), chunk(reason="stop"), END).usage is None


def test_reasoning_is_no_first_token():
    thinking = event({"model": "m", "choices": [{"delta": {"reasoning_content": "Hm."}}]})
    response = streamed(thinking, 0.1, chunk("So."), chunk(reason="stop"), END)
    assert response.output == "So."
    assert response.time_to_first_token_ms >= 100


def test_a_refusal_is_an_answer():
    refusing = event({"model": "m", "choices": [{"delta": {"refusal": "I can't."}, "finish_reason": "stop"}]})
    response = streamed(refusing, END)
    assert (response.output, response.time_to_first_token_ms is None) == ("I can't.", False)


def test_an_answer_without_text_has_no_first_token():
    response = streamed(chunk(reason="length"), END)
    assert (response.output, response.finish_reason, response.time_to_first_token_ms) == ("", "length", None)


@pytest.mark.parametrize("ending", [[END], [b"data: [DONE]"], [b"data: [DONE]\n"], []])
def test_an_ended_answer_needs_no_proper_end_of_its_stream(ending):
    assert streamed(chunk("So."), chunk(reason="stop"), *ending).output == "So."


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([], "the stream ended before the answer did"),
        ([chunk("So")], "the stream ended before the answer did"),
        ([chunk("So"), chunk(" it is.")[:20]], "the stream broke off in the middle of a line"),
        ([chunk("So"), b"da"], "the stream broke off in the middle of a line"),
        ([chunk("So"), chunk(reason="stop"), b'data: {"model": "m", "usa'], "broke off in the middle of a line"),
    ],
)
def test_a_stream_that_breaks_off_may_hold_next_time_and_half_an_answer_is_none(script, reason):
    error = broken(*script)
    assert isinstance(error, RetryLaterError)
    assert reason in str(error)


def test_a_connection_that_ends_within_a_stream_may_hold_next_time():
    first = chunk("So")
    script = [head(kind="text/event-stream", Transfer_Encoding="chunked"), b"%x\r\n%s\r\n" % (len(first), first)]
    with ScriptedServer(script) as server, pytest.raises(RetryLaterError, match="connection lost"):
        complete(server.base_url)


def test_an_endpoint_that_falls_silent_is_left_after_the_time_out():
    async def ask(base_url):
        async with OpenAICompatibleClient(base_url, SecretStr(KEY), 0.2, stream=True) as client:
            await client.complete(REQUEST)

    with (
        ScriptedServer([STREAM, chunk("So"), 30.0]) as server,
        pytest.raises(RetryLaterError, match="no answer in time"),
    ):
        asyncio.run(ask(server.base_url))


def test_an_endpoint_that_never_ends_its_stream_has_answered_all_the_same():
    response = streamed(*PIECES, 30.0)
    assert response.output == "So it is."
    assert response.latency_ms < 5000


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"message": "overloaded now", "type": "server_error"}, RetryLaterError),
        ({"message": "so many", "code": 429}, RetryLaterError),
        ({"message": f"no {KEY}", "type": "invalid_request_error"}, ChatError),
        ("model is gone", ChatError),
    ],
)
def test_an_error_within_a_stream_is_quoted_and_may_pass_when_its_kind_does(error, kind):
    raised = broken(chunk("So"), event({"error": error}))
    assert type(raised) is kind
    said = error if isinstance(error, str) else error["message"].replace(KEY, "[key]")
    assert str(raised).startswith("m: the endpoint answered with an error (")
    assert str(raised).endswith(f"): {said}")


def test_an_error_of_a_choice_is_one_of_the_answer():
    failed = event({"model": "m", "choices": [{"delta": {}, "error": {"code": 502, "message": "upstream"}}]})
    assert isinstance(broken(chunk("So"), failed), RetryLaterError)


@pytest.mark.parametrize(
    "data", [b"not json", b"[]", b'{"model": "\xff"}', b'{"choices": "none"}', b'{"choices": [1]}']
)
def test_a_piece_that_is_none_is_for_good_and_says_where(data):
    error = broken(chunk("So"), b"data: " + data + b"\n\n", chunk(reason="stop"), END)
    assert type(error) is ChatError
    assert "m: the endpoint's answer is no chat completion (" in str(error)


def test_a_stream_of_10_mb_is_for_good():
    error = broken(*[b"data: "], *[b" " * 2**16] * 153)
    assert type(error) is ChatError
    assert "longer than 8 MiB" in str(error)


def test_an_endpoint_that_does_not_stream_has_answered_without_a_first_token():
    body = orjson.dumps(completion(BODY, "So it is."))
    with ScriptedServer(document(body)) as server:
        (response,) = complete(server.base_url)
    assert (response.output, response.time_to_first_token_ms) == ("So it is.", None)


def test_a_refused_stream_is_refused_as_any_answer():
    with (
        ReplayServer({}, failures=[Failure(status=429, headers={"Retry-After": "2"})]) as server,
        pytest.raises(RetryLaterError) as raised,
    ):
        complete(server.base_url)
    assert (raised.value.throttled, raised.value.retry_after_s) == (True, 2)


def test_a_stream_that_does_not_name_its_model_is_of_the_one_that_was_asked():
    response = streamed(chunk("So.", model=None), chunk(reason="stop", model=None, usage={"prompt_tokens": 0.5}), END)
    assert (response.output, response.model_resolved, response.usage) == ("So.", "m", None)
