"""The decorator: what it makes of calls, steps, threads and exceptions, and that it changes none of them."""

import asyncio
import contextvars
import inspect
import threading
from concurrent.futures import ThreadPoolExecutor

import orjson
import pytest
from opentelemetry import trace as otel_trace

from llm_eval_pipeline import tracing
from llm_eval_pipeline_tests.tracing.answers import openai_chat


def by_name(spans):
    return {span.name: span for span in spans}


def parent_of(span):
    return span.parent.span_id if span.parent else None


def said(span, name):
    return orjson.loads(span.attributes[name])[0]["parts"][0]["content"]


def test_a_function_without_init_is_just_called():
    @tracing.trace
    def double(number):
        return 2 * number

    assert double(4) == 8


def test_a_function_keeps_its_name_its_words_and_its_signature():
    @tracing.trace(kind="tool")
    def look_up(word: str, *, exact: bool = True) -> str:
        """Find a word."""
        return word

    assert (look_up.__name__, look_up.__doc__) == ("look_up", "Find a word.")
    assert list(inspect.signature(look_up).parameters) == ["word", "exact"]


def test_calls_within_calls_are_children():
    @tracing.trace(kind="retrieval")
    def find(question):
        return ["A warranty of two years."]

    @tracing.trace(kind="chat")
    def ask(model, messages):
        return openai_chat()

    @tracing.trace(name="answer it", feature="qa")
    def answer(question):
        find(question)
        return ask("gpt-4o", [{"role": "user", "content": question}])["choices"][0]["message"]["content"]

    with tracing.recorded() as spans:
        assert answer("How long?") == "Two years."
    found = by_name(spans)
    root = found["answer it"]
    assert parent_of(root) is None
    assert {parent_of(found[name]) for name in ("find", "ask")} == {root.context.span_id}
    assert {span.context.trace_id for span in spans} == {root.context.trace_id}
    operations = {name: span.attributes["gen_ai.operation.name"] for name, span in found.items()}
    assert operations == {"answer it": "chain", "find": "retrieval", "ask": "chat"}
    assert {span.attributes["llm_eval.feature"] for span in spans} == {"qa"}
    assert (said(root, "gen_ai.input.messages"), said(root, "gen_ai.output.messages")) == ("How long?", "Two years.")
    assert orjson.loads(found["find"].attributes["gen_ai.retrieval.documents"]) == [
        {"content": "A warranty of two years."}
    ]


def test_coroutines_that_run_together_each_have_their_own_parent():
    @tracing.trace(kind="tool")
    async def inner(name):
        await asyncio.sleep(0.01)
        return name

    @tracing.trace
    async def outer(name):
        return await inner(name)

    async def both():
        return await asyncio.gather(outer("a"), outer("b"))

    with tracing.recorded() as spans:
        assert asyncio.run(both()) == ["a", "b"]
    outers = {span.context.span_id: said(span, "gen_ai.input.messages") for span in spans if span.name == "outer"}
    inners = {parent_of(span): said(span, "gen_ai.input.messages") for span in spans if span.name == "inner"}
    assert outers == inners


def test_a_thread_with_a_copied_context_carries_the_parent_and_the_session():
    @tracing.trace
    def inner():
        return threading.current_thread().name

    @tracing.trace
    def outer():
        with ThreadPoolExecutor(1, "other") as pool:
            return pool.submit(contextvars.copy_context().run, inner).result()

    with tracing.recorded() as spans, tracing.session("s-1"):
        assert outer().startswith("other")
    found = by_name(spans)
    assert parent_of(found["inner"]) == found["outer"].context.span_id
    assert found["inner"].attributes["session.id"] == "s-1"


@pytest.mark.parametrize("kind", ["function", "coroutine", "generator", "asynchronous generator"])
def test_an_exception_is_noted_and_raised_as_it_is(kind):
    fault = LookupError("no such shelf")

    @tracing.trace(name="failing")
    def function():
        raise fault

    @tracing.trace(name="failing")
    async def coroutine():
        raise fault

    @tracing.trace(name="failing")
    def generator():
        yield "one"
        raise fault

    @tracing.trace(name="failing")
    async def asynchronous_generator():
        yield "one"
        raise fault

    async def consumed():
        return [each async for each in asynchronous_generator()]

    runs = {
        "function": function,
        "coroutine": lambda: asyncio.run(coroutine()),
        "generator": lambda: list(generator()),
        "asynchronous generator": lambda: asyncio.run(consumed()),
    }
    with tracing.recorded() as spans, pytest.raises(LookupError) as raised:
        runs[kind]()
    assert raised.value is fault
    (span,) = spans
    assert span.status.status_code is otel_trace.StatusCode.ERROR
    assert span.status.description == "LookupError: no such shelf"
    assert span.attributes["error.type"] == "LookupError"
    assert [event.name for event in span.events] == ["exception"]


def test_a_generator_is_a_parent_while_it_runs_and_not_while_its_consumer_does():
    @tracing.trace
    def inner(name):
        return name

    @tracing.trace
    def stream():
        yield inner("within")
        yield "!"

    with tracing.recorded() as spans:
        steps = stream()
        next(steps)
        inner("between")
        assert list(steps) == ["!"]
    streamed = by_name(spans)["stream"]
    parents = {said(span, "gen_ai.input.messages"): parent_of(span) for span in spans if span.name == "inner"}
    assert parents == {"within": streamed.context.span_id, "between": None}
    assert said(streamed, "gen_ai.output.messages") == "within!"


def test_a_generator_takes_returns_and_closes_as_before():
    @tracing.trace
    def talk():
        heard = []
        try:
            while len(heard) < 2:
                try:
                    heard.append((yield len(heard)))
                except KeyError as error:
                    heard.append(error.args[0])
        finally:
            ended.append(True)
        return heard

    ended = []
    with tracing.recorded() as spans:
        talking = talk()
        assert (next(talking), talking.send("hello")) == (0, 1)
        with pytest.raises(StopIteration) as end:
            talking.throw(KeyError("thrown"))
        assert end.value.value == ["hello", "thrown"]
        early = talk()
        next(early)
        early.close()
    assert ended == [True, True]
    assert [span.status.status_code for span in spans] == [otel_trace.StatusCode.UNSET] * 2


def test_a_generator_belongs_where_it_was_called_though_it_is_consumed_elsewhere():
    @tracing.trace
    def stream():
        yield "a"

    @tracing.trace
    def endpoint():
        with tracing.session("s-1"):
            return stream()

    with tracing.recorded() as spans:
        assert list(endpoint()) == ["a"]
    found = by_name(spans)
    assert parent_of(found["stream"]) == found["endpoint"].context.span_id
    assert found["stream"].attributes["session.id"] == "s-1"


def test_an_asynchronous_generator_keeps_its_own_context_between_steps():
    @tracing.trace
    async def inner(name):
        return name

    @tracing.trace
    async def stream():
        with tracing.user("u-1"):
            yield await inner("first")
            yield await inner("second")

    async def consume():
        found = []
        async for each in stream():
            await inner("between")
            found.append(each)
        return found

    with tracing.recorded() as spans:
        assert asyncio.run(consume()) == ["first", "second"]
    streamed = by_name(spans)["stream"]
    inners = [
        (
            said(span, "gen_ai.input.messages"),
            parent_of(span) == streamed.context.span_id,
            span.attributes.get("user.id"),
        )
        for span in spans
        if span.name == "inner"
    ]
    assert inners == [
        ("first", True, "u-1"),
        ("between", False, None),
        ("second", True, "u-1"),
        ("between", False, None),
    ]


def test_a_generator_may_be_stepped_by_other_threads_as_web_servers_do(caplog):
    @tracing.trace
    def inner(number):
        return number

    @tracing.trace
    def stream():
        with tracing.user("u-1"):
            for number in range(3):
                yield inner(number)

    with tracing.recorded() as spans, ThreadPoolExecutor(2) as pool:
        steps = stream()
        found = [pool.submit(contextvars.copy_context().run, next, steps, None).result() for _ in range(4)]
    assert found == [0, 1, 2, None]
    *inners, streamed = spans
    assert [parent_of(span) for span in inners] == [streamed.context.span_id] * 3
    assert [span.attributes["user.id"] for span in inners] == ["u-1"] * 3
    assert caplog.text == ""


def test_a_cancelled_coroutine_is_an_error():
    @tracing.trace
    async def slow():
        await asyncio.sleep(10)

    async def cancelled():
        task = asyncio.create_task(slow())
        await asyncio.sleep(0.01)
        task.cancel()
        await task

    with tracing.recorded() as spans, pytest.raises(asyncio.CancelledError):
        asyncio.run(cancelled())
    assert spans[0].attributes["error.type"] == "CancelledError"


def test_the_first_piece_of_a_streamed_call_has_its_time():
    @tracing.trace(kind="chat")
    def stream():
        yield "Two"
        yield " years."

    with tracing.recorded() as spans:
        assert "".join(stream()) == "Two years."
    assert 0 < spans[0].attributes["gen_ai.response.time_to_first_chunk"] < 1


def test_methods_and_secrets_and_objects_are_not_captured():
    class Application:
        @tracing.trace
        def answer(self, question, api_key, client):
            return object()

    with tracing.recorded() as spans:
        Application().answer("How?", "sk-secret", threading.Lock())
    told = dict(spans[0].attributes)
    assert said(spans[0], "gen_ai.input.messages") == "How?"
    assert said(spans[0], "gen_ai.output.messages") == '"<object>"'
    assert "secret" not in str(told)


def test_secrets_within_what_is_given_are_left_out_too():
    @tracing.trace
    def call(url, headers, config, openai_api_key):
        return "done"

    with tracing.recorded() as spans:
        config = {"providers": [{"api_key": "sk-2", "model": "m", "pairs": [{"key": "size", "token": "XL"}]}]}
        call("https://a.test", {"Authorization": "Bearer sk-1", "Accept": "*/*"}, config, "sk-3")
    told = str(dict(spans[0].attributes))
    assert "sk-" not in told
    assert all(kept in told for kept in ("a.test", "Accept", "size", "XL"))  # which are data


def test_capture_can_be_switched_off():
    @tracing.trace(inputs=False, outputs=False)
    def answer(question):
        return "private"

    with tracing.recorded() as spans:
        answer("private too")
    assert "private" not in str(dict(spans[0].attributes))


def test_a_value_that_cannot_be_looked_at_changes_nothing(caplog):
    class Hostile:
        @property
        def usage(self):
            raise RuntimeError("do not look")

    value = Hostile()

    @tracing.trace
    def answer():
        return value

    with tracing.recorded() as spans:
        assert answer() is value
    assert len(spans) == 1
    assert "a value could not be noted: RuntimeError" in caplog.text


def test_an_unknown_kind_is_refused_where_it_is_written():
    with pytest.raises(ValueError, match=r"'chta'\) is no kind: use one of chat, completion"):
        tracing.trace(kind="chta")
