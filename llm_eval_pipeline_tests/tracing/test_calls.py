"""A call of a model is counted once, however many spans tell of it."""

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline.production.conventions import BILLED_CALLS, meaning_of
from llm_eval_pipeline.tracing.cost import _as_read
from llm_eval_pipeline.tracing.hub import provider
from llm_eval_pipeline_tests.tracing.answers import openai_chat


def begun(name, **said):
    """A current span of another instrumentor."""
    return provider().get_tracer("openinference.instrumentation.openai").start_as_current_span(name, **said)


def instrumented(*, tokens=True, kind="LLM", late=False):
    """A span as OpenInference's instrumentors make it; LangChain's says its kind when it ends."""
    said = {"openinference.span.kind": kind, "llm.model_name": "gpt-4o"}
    with begun("ChatCompletion", attributes={} if late else said) as span:
        if late:
            span.set_attributes(said)
        if tokens:
            span.set_attributes({"llm.token_count.prompt": 100, "llm.token_count.completion": 20})
    return openai_chat()


def billed(spans):
    """The spans that are paid for, as the pipeline reads them, with their input."""
    meanings = [(span.name, meaning_of(_as_read(span))) for span in spans]
    return [(name, found.tokens.input_uncached) for name, found in meanings if found.operation in BILLED_CALLS]


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("kind", ["chat", None])
def test_the_decorator_around_an_instrumented_call_is_no_second_call(kind, late):
    @tracing.trace(kind=kind)
    def ask():
        return instrumented(late=late)

    with tracing.recorded() as spans:
        ask()
    assert billed(spans) == [("ChatCompletion", 100)]
    wrapping = spans[-1].attributes
    assert (wrapping["gen_ai.operation.name"], wrapping["llm_eval.wraps"]) == ("chain", "chat")
    assert not [name for name in wrapping if name.startswith("gen_ai.usage.") or name == "llm_eval.cost_usd"]


def test_a_framework_around_an_instrumented_call_is_no_second_call():
    with tracing.recorded() as spans, begun("ChatOpenAI") as outer:
        instrumented()
        outer.set_attributes({"openinference.span.kind": "LLM", "llm.token_count.prompt": 100})
    assert billed(spans) == [("ChatCompletion", 100)]
    assert spans[-1].attributes["openinference.span.kind"] == "CHAIN"


def test_decorators_around_decorators_are_one_call():
    @tracing.trace(kind="chat")
    def inner():
        return openai_chat(cached=0)

    @tracing.trace
    def outer():
        return inner()

    with tracing.recorded() as spans:
        outer()
    assert billed(spans) == [("inner", 100)]


def test_two_calls_within_one_are_two():
    @tracing.trace(kind="chat")
    def ask():
        instrumented()
        return instrumented()

    with tracing.recorded() as spans:
        ask()
    assert billed(spans) == [("ChatCompletion", 100)] * 2


def test_the_only_one_that_knows_the_tokens_keeps_them():
    @tracing.trace(kind="chat")
    def ask():
        instrumented(tokens=False)
        tracing.record(input_tokens=100, output_tokens=20)

    with tracing.recorded() as spans:
        ask()
    assert ("ask", 100) in billed(spans)


def test_an_embedding_within_a_chat_is_a_call_of_its_own():
    @tracing.trace(kind="chat")
    def ask():
        instrumented(kind="EMBEDDING")
        return openai_chat(cached=0)

    with tracing.recorded() as spans:
        ask()
    assert sorted(name for name, _ in billed(spans)) == ["ChatCompletion", "ask"]
