import asyncio
import contextvars
import functools
import subprocess
import sys
import threading
import time

import pytest

from llm_eval_pipeline.clients.chat import (
    ChatError,
    ChatRequest,
    ChatResponse,
    Message,
    RetryLaterError,
    TokenUsage,
)
from llm_eval_pipeline.clients.python_callable import CallableClient, CallableError, load_callable

REQUEST = ChatRequest(
    model="my-app", messages=(Message(role="system", content="Be brief."), Message(role="user", content="Why?"))
)
RESPONSE = ChatResponse(
    output="So.",
    model_resolved="my-app@7",
    finish_reason="length",
    usage=TokenUsage(input_tokens=3, output_tokens=1),
    latency_ms=7.5,
    time_to_first_token_ms=2.5,
)


def shout(request):
    return request.messages[-1].content.upper()


async def shout_later(request):
    await asyncio.sleep(0.05)
    return shout(request)


class Application:
    def __call__(self, request):
        return shout(request)

    async def answer(self, request):
        return await shout_later(request)


class AsyncApplication:
    async def __call__(self, request):
        return await shout_later(request)


def complete(function, *, times=1, **options):
    """The outcomes of calls made at once, answers and errors alike."""

    async def ask():
        async with CallableClient(function, "app:answer", **options) as client:
            return await asyncio.gather(*[client.complete(REQUEST) for _ in range(times)], return_exceptions=True)

    return asyncio.run(ask())


def failed(function, **options):
    (error,) = complete(function, **options)
    assert isinstance(error, ChatError)
    return error


@pytest.mark.parametrize(
    "function",
    [
        shout,
        shout_later,
        Application(),
        Application().answer,
        AsyncApplication(),
        functools.partial(shout_later),
        lambda request: shout(request),
        lambda request: shout_later(request),
    ],
)
def test_any_callable_answers(function):
    (response,) = complete(function)
    assert (response.output, response.model_resolved) == ("WHY?", "my-app")


def test_what_a_text_does_not_tell_is_unknown():
    (response,) = complete(shout)
    assert (response.usage, response.finish_reason, response.time_to_first_token_ms) == (None, "unknown", None)


def test_tokens_are_those_that_a_given_function_counts():
    (response,) = complete(shout, count_tokens=len)
    # "Be brief." has 9 letters, "Why?" and "WHY?" have 4
    assert response.usage == TokenUsage(input_tokens=13, output_tokens=4)


def test_a_response_is_taken_as_it_is():
    assert complete(lambda request: RESPONSE) == [RESPONSE]


@pytest.mark.parametrize("function", [shout_later, lambda request: time.sleep(0.05) or "So."])
def test_only_the_call_itself_is_timed(function):
    (response,) = complete(function)
    assert 50 <= response.latency_ms < 500


def test_blocking_calls_run_side_by_side():
    together = threading.Barrier(16, timeout=5)

    def wait_for_all(request):
        together.wait()
        return "together"

    assert {response.output for response in complete(wait_for_all, times=16)} == {"together"}


def test_threads_are_used_again():
    def name_of_thread(request):
        return str(threading.get_ident())

    async def ask():
        async with CallableClient(name_of_thread, "app:answer") as client:
            return {(await client.complete(REQUEST)).output for _ in range(20)}

    assert len(asyncio.run(ask())) == 1


def test_threads_end_with_the_asking():
    before = threading.active_count()
    complete(shout, times=8)
    deadline = time.monotonic() + 5
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_call_sees_the_context_of_who_asked():
    who = contextvars.ContextVar("who", default="nobody")

    async def ask():
        who.set("somebody")
        async with CallableClient(lambda request: who.get(), "app:answer") as client:
            return (await client.complete(REQUEST)).output

    assert asyncio.run(ask()) == "somebody"


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ValueError("no such order"), "my-app: app:answer raised ValueError: no such order"),
        (KeyError("order"), "my-app: app:answer raised KeyError: 'order'"),
        (ZeroDivisionError(), "my-app: app:answer raised ZeroDivisionError"),
        (SystemExit(2), "my-app: app:answer raised SystemExit: 2"),
        (ValueError("line\nline"), "my-app: app:answer raised ValueError: line line"),
    ],
)
@pytest.mark.parametrize("in_loop", [False, True])
def test_what_a_callable_raises_fails_its_call_and_names_both(raised, said, in_loop):
    def fail(request):
        raise raised

    async def fail_later(request):
        raise raised

    error = failed(fail_later if in_loop else fail)
    assert type(error) is ChatError
    assert str(error) == said
    assert error.__cause__ is raised


@pytest.mark.parametrize("raised", [ConnectionResetError("peer"), TimeoutError("too slow")])
def test_a_lost_connection_of_the_callables_own_may_pass(raised):
    def fail(request):
        raise raised

    error = failed(fail)
    assert isinstance(error, RetryLaterError)
    assert str(error) == f"my-app: app:answer raised {type(raised).__name__}: {raised}"


def test_an_error_of_the_seam_is_passed_on():
    throttled = RetryLaterError("my-app: slower", retry_after_s=3.0, throttled=True)

    def fail(request):
        raise throttled

    assert failed(fail) is throttled


def test_an_iteration_that_stops_where_it_should_not_is_an_error_and_hangs_nobody():
    assert "raised" in str(failed(lambda request: next(iter([]))))


@pytest.mark.parametrize(("result", "kind"), [(None, "NoneType"), (7, "int"), (b"So.", "bytes"), ({"a": 1}, "dict")])
def test_an_answer_that_is_no_text_is_an_error(result, kind):
    error = failed(lambda request: result)
    assert str(error) == f"my-app: app:answer gave a {kind}; it must give the answer's text or a ChatResponse"


def test_a_long_error_is_quoted_from_its_beginning():
    def fail(request):
        raise ValueError("x" * 10_000)

    assert len(str(failed(fail))) < 400


def test_a_coroutine_that_hangs_is_left_after_the_time_out():
    async def hang(request):
        await asyncio.sleep(30)

    error = failed(hang, timeout_s=0.05)
    assert isinstance(error, RetryLaterError)
    assert str(error) == "my-app: app:answer gave no answer in time"


def test_a_thread_that_hangs_is_left_and_others_go_on():
    release, calls = threading.Event(), []

    def hang_once(request):
        calls.append(request)
        if len(calls) == 1:
            release.wait(30)
        return "So."

    async def ask():
        async with CallableClient(hang_once, "app:answer", 0.1) as client:
            with pytest.raises(RetryLaterError, match="no answer in time"):
                await client.complete(REQUEST)
            return [(await client.complete(REQUEST)).output for _ in range(3)]

    try:
        assert asyncio.run(ask()) == ["So."] * 3
    finally:
        release.set()


HANGS = """
import asyncio, time
from llm_eval_pipeline.clients.chat import ChatRequest, RetryLaterError
from llm_eval_pipeline.clients.python_callable import CallableClient

async def ask():
    async with CallableClient(lambda request: time.sleep(60), "app:answer", 0.05) as client:
        try:
            await client.complete(ChatRequest(model="m", messages=()))
        except RetryLaterError as error:
            print(error)

asyncio.run(ask())
"""


def test_a_thread_that_hangs_keeps_no_process_from_ending():
    done = subprocess.run([sys.executable, "-c", HANGS], capture_output=True, text=True, check=True, timeout=30)
    assert done.stdout == "m: app:answer gave no answer in time\n"


def test_the_provider_is_the_name():
    assert CallableClient(shout, "app:answer").provider == "python:app:answer"


@pytest.mark.parametrize("function", [lambda: "", lambda a, b: "", lambda *, request: ""])
def test_a_callable_that_takes_other_arguments_is_refused_at_once(function):
    with pytest.raises(CallableError, match=r"app:answer must take one argument, the ChatRequest; it takes \("):
        CallableClient(function, "app:answer")


def test_a_callable_is_found_by_its_name():
    assert load_callable(f"{__name__}:shout") is shout
    assert load_callable(f"{__name__}:Application.answer") is Application.answer


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("app", "'app' names no callable: write it as package.module:function"),
        (":answer", "':answer' names no callable"),
        ("app:", "'app:' names no callable"),
        ("no_such_app:answer", "no_such_app:answer cannot be imported .* install it or put it on PYTHONPATH"),
        (f"{__name__}:whisper", "whisper is not there: module .* has no attribute 'whisper'"),
        (f"{__name__}:REQUEST", "REQUEST is a ChatRequest, which nobody can call"),
    ],
)
def test_a_name_of_nothing_is_an_error_that_says_what_to_do(name, said):
    with pytest.raises(CallableError, match=said):
        load_callable(name)
