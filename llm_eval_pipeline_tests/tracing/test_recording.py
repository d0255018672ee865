"""What an application says of a span, and what spans carry from around them."""

import orjson
import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline.tracing.hub import provider
from llm_eval_pipeline_tests.tracing.answers import openai_chat


def test_what_is_recorded_goes_before_what_is_picked_up():
    @tracing.trace(kind="chat")
    def ask():
        tracing.record(model="gpt-4o", input_tokens=7, cached_input_tokens=2, output_tokens=3, finish_reason="length")
        tracing.record(first_token_ms=250, feedback=1, output="said", tenant="north")
        return openai_chat()

    with tracing.recorded() as spans:
        ask()
    told = dict(spans[0].attributes)
    assert told["gen_ai.request.model"] == "gpt-4o"
    assert told["gen_ai.response.model"] == "gpt-4o-2024-08-06"
    assert told["gen_ai.usage.input_tokens"] == 7
    assert told["gen_ai.usage.cache_read.input_tokens"] == 2
    assert told["gen_ai.usage.output_tokens"] == 3
    assert told["gen_ai.response.time_to_first_chunk"] == 0.25
    assert told["llm_eval.feedback_score"] == 1.0
    assert told["tenant"] == "north"
    assert '"said"' in told["gen_ai.output.messages"]


def test_recorded_tokens_make_a_call_of_a_function_without_a_kind():
    @tracing.trace
    def ask():
        tracing.record(model="gpt-4o", input_tokens=7, output_tokens=3)
        return "Two years."

    with tracing.recorded() as spans:
        ask()
    assert spans[0].attributes["gen_ai.operation.name"] == "chat"


def test_the_first_token_is_when_it_is_said_to_be():
    @tracing.trace(kind="chat")
    def ask():
        tracing.record(first_token=True)

    with tracing.recorded() as spans:
        ask()
    assert 0 <= spans[0].attributes["gen_ai.response.time_to_first_chunk"] < 1


def test_it_is_the_innermost_span_that_is_recorded_on():
    @tracing.trace
    def inner():
        tracing.record(feedback=0.5)

    @tracing.trace
    def outer():
        inner()
        tracing.record(feedback=1)

    with tracing.recorded() as spans:
        outer()
    assert {span.name: span.attributes["llm_eval.feedback_score"] for span in spans} == {"inner": 0.5, "outer": 1.0}


def test_recording_without_a_span_does_nothing():
    with tracing.recorded() as spans:
        tracing.record(feedback=1)
    assert list(spans) == []


@pytest.mark.parametrize(
    ("values", "warning"),
    [
        ({"feedback": 5}, "feedback must be from 0 to 1, got 5"),
        ({"feedback": float("nan")}, "feedback must be from 0 to 1, got nan"),
        ({"input_tokens": -1}, "gen_ai.usage.input_tokens must be a whole number of at least 0, got -1"),
    ],
)
def test_what_makes_no_sense_is_said_and_left_out(values, warning, caplog):
    @tracing.trace(kind="chat")
    def ask():
        tracing.record(**values)
        return "answered"

    with tracing.recorded() as spans:
        assert ask() == "answered"
    assert warning in caplog.text
    assert not {"llm_eval.feedback_score", "gen_ai.usage.input_tokens"} & set(spans[0].attributes)


def test_documents_of_frameworks_are_read():
    class LangChains:
        page_content = "Two years."
        metadata = {"source": "warranty.md"}  # noqa: RUF012

    class Node:
        text = "Thirty days."
        metadata = {"file_name": "returns.md"}  # noqa: RUF012

    class LlamaIndexs:
        node = Node()
        score = 0.5

    @tracing.trace(kind="retrieval")
    def find():
        tracing.record(documents=[LangChains(), LlamaIndexs(), {"title": "t", "content": "c"}])

    with tracing.recorded() as spans:
        find()
    assert orjson.loads(spans[0].attributes["gen_ai.retrieval.documents"]) == [
        {"content": "Two years.", "title": "warranty.md"},
        {"content": "Thirty days.", "title": "returns.md"},
        {"content": "c", "title": "t"},
    ]


def test_all_spans_within_carry_what_is_said_around_them_and_no_others():
    @tracing.trace
    def work():
        with provider().get_tracer("another").start_as_current_span("anothers"):
            pass

    with tracing.recorded() as spans:
        with tracing.session("s-1"), tracing.user(7), tracing.feature("qa"), tracing.prompt_version("v2"):
            work()
        work()
    told = [
        tuple(span.attributes.get(n) for n in ("session.id", "user.id", "llm_eval.feature", "llm_eval.prompt_version"))
        for span in spans
    ]
    assert told == [("s-1", "7", "qa", "v2")] * 2 + [(None,) * 4] * 2
