"""Tokens and models read from what functions return and yield, by OpenTelemetry's rule: input includes the cached."""

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline.tracing.hub import provider
from llm_eval_pipeline_tests.tracing.answers import anthropic_message, as_object, openai_chat

TOKENS = {
    "gen_ai.usage.input_tokens": "input",
    "gen_ai.usage.cache_read.input_tokens": "read",
    "gen_ai.usage.cache_creation.input_tokens": "write",
    "gen_ai.usage.output_tokens": "output",
    "gen_ai.usage.reasoning.output_tokens": "reasoning",
}


def told_of(make, **options):
    with tracing.recorded() as spans:
        result = tracing.trace(**options)(make)() if options else tracing.trace(make)()
        if not isinstance(result, dict) and hasattr(result, "__next__"):
            list(result)
    (span,) = spans
    return dict(span.attributes)


def tokens(told):
    return {short: told[name] for name, short in TOKENS.items() if name in told}


@pytest.mark.parametrize("shape", [dict, as_object])
def test_openais_cached_tokens_are_part_of_its_input(shape):
    told = told_of(lambda: shape(openai_chat()))
    assert tokens(told) == {"input": 100, "read": 40, "output": 20, "reasoning": 5}
    assert told["gen_ai.operation.name"] == "chat"
    assert told["gen_ai.response.model"] == "gpt-4o-2024-08-06"
    assert tuple(told["gen_ai.response.finish_reasons"]) == ("stop",)


@pytest.mark.parametrize("shape", [dict, as_object])
def test_anthropics_cached_tokens_are_added_to_its_input(shape):
    # 50 fresh + 40 that the cache served + 10 that it took
    told = told_of(lambda: shape(anthropic_message()))
    assert tokens(told) == {"input": 100, "read": 40, "write": 10, "output": 20}
    assert tuple(told["gen_ai.response.finish_reasons"]) == ("end_turn",)
    assert '"Two years."' in told["gen_ai.output.messages"]


def test_the_cost_is_that_of_each_kind_of_tokens():
    # gpt-4o: 60 fresh at 2.50, 40 cached at 1.25 and 20 out at 10.00 USD per million = 150 + 50 + 200 millionths
    assert told_of(openai_chat)["llm_eval.cost_usd"] == pytest.approx(400e-6)


def test_a_model_without_a_price_has_no_cost_rather_than_none_to_pay():
    assert "llm_eval.cost_usd" not in told_of(lambda: openai_chat() | {"model": "nobodys-model"})


def test_openais_responses_api_is_read_too():
    value = {
        "id": "resp_1",
        "object": "response",
        "model": "gpt-4o-2024-08-06",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "Two years."}]}],
        "usage": {
            "input_tokens": 100,
            "input_tokens_details": {"cached_tokens": 40},
            "output_tokens": 20,
            "output_tokens_details": {"reasoning_tokens": 5},
        },
    }
    told = told_of(lambda: value)
    assert tokens(told) == {"input": 100, "read": 40, "output": 20, "reasoning": 5}
    assert '"Two years."' in told["gen_ai.output.messages"]


@pytest.mark.parametrize("ending", ["completed", "incomplete", "failed"])
def test_a_stream_of_the_responses_api_is_an_answer_however_it_ends(ending):
    def stream():
        yield {"type": "response.output_text.delta", "delta": "Two "}
        whole = {
            "id": "resp_1",
            "object": "response",
            "model": "gpt-4o",
            "usage": {"input_tokens": 9, "output_tokens": 2},
        }
        yield {"type": f"response.{ending}", "response": whole | {"output": []}}

    told = told_of(stream)
    assert (told["gen_ai.response.model"], tokens(told)) == ("gpt-4o", {"input": 9, "output": 2})


def test_embeddings_are_a_call_without_their_numbers():
    value = {"model": "text-embedding-3-small", "data": [{"embedding": [0.125]}], "usage": {"prompt_tokens": 9}}
    told = told_of(lambda: value)
    assert (told["gen_ai.operation.name"], tokens(told)) == ("embeddings", {"input": 9})
    assert "0.125" not in str(told)


def test_a_stream_of_openai_is_an_answer():
    def stream():
        named = {"id": "chatcmpl-1", "model": "gpt-4o-2024-08-06", "usage": None}
        yield named | {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}
        yield named | {"choices": [{"delta": {"content": "Two "}, "finish_reason": None}]}
        yield named | {"choices": [{"delta": {"content": "years."}, "finish_reason": "stop"}]}
        yield named | {"choices": [], "usage": openai_chat()["usage"]}

    told = told_of(stream)
    assert tokens(told) == {"input": 100, "read": 40, "output": 20, "reasoning": 5}
    assert '"Two years."' in told["gen_ai.output.messages"]
    assert told["gen_ai.operation.name"] == "chat"


def test_a_stream_of_anthropic_is_an_answer():
    def stream():
        began = anthropic_message() | {"content": []}
        began["usage"] = began["usage"] | {"output_tokens": 1}
        yield {"type": "message_start", "message": began}
        yield {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Two years."}}
        yield {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 20}}
        yield {"type": "message_stop"}

    told = told_of(stream)
    assert tokens(told) == {"input": 100, "read": 40, "write": 10, "output": 20}
    assert '"Two years."' in told["gen_ai.output.messages"]


def test_tokens_of_what_is_no_call_are_left_out_and_said(caplog):
    told = told_of(openai_chat, kind="agent")
    assert tokens(told) == {}

    def agent():
        tracing.record(input_tokens=5)

    assert tokens(told_of(agent, kind="agent")) == {}
    assert "tokens of agent are left out: only a call of a model has any" in caplog.text


@pytest.mark.parametrize("value", ["text", 7, None, {"model": "m"}, {"usage": {"prompt_tokens": 3}}, [1, 2], object()])
def test_other_values_are_no_answers(value):
    assert told_of(lambda: value)["gen_ai.operation.name"] == "chain"


@pytest.mark.parametrize(
    ("scope", "cost"),
    [
        # gpt-4o at 2.50 and cached at 1.25 USD a million: of 1,000 the cache served 900, or 900 beside the 1,000
        ("opentelemetry.instrumentation.openai_v2", 100 * 2.5e-6 + 900 * 1.25e-6),
        ("opentelemetry.instrumentation.bedrock", 1000 * 2.5e-6 + 900 * 1.25e-6),
    ],
)
def test_the_cost_follows_the_emitters_rule_as_the_pipelines_does(scope, cost):
    with tracing.recorded() as spans, provider().get_tracer(scope).start_as_current_span("chat") as span:
        span.set_attributes({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-4o"})
        span.set_attributes({"gen_ai.usage.input_tokens": 1000, "gen_ai.usage.cache_read.input_tokens": 900})
        span.set_attribute("gen_ai.usage.output_tokens", 0)
    assert spans[0].attributes["llm_eval.cost_usd"] == pytest.approx(cost)
