from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from llm_eval_pipeline.production.conventions import Document, Meaning, meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.readers import OtlpJsonReader
from llm_eval_pipeline.production.spans import BadSpanError, Scope, Span
from llm_eval_pipeline_tests.production.otlp import attributes, lines, message, nanoseconds, span


def read(found: dict[str, Any]) -> Span:
    return next(OtlpJsonReader().records(io.BytesIO(lines([found])), "a.jsonl")).span()


def meaning(**said: Any) -> Meaning:
    return meaning_of(read(span("t", "a", **said)))


def test_a_gen_ai_chat() -> None:
    found = meaning(
        gen_ai__operation__name="chat",
        gen_ai__request__model="m",
        gen_ai__response__model="m-2026",
        gen_ai__usage__input_tokens=100,
        gen_ai__usage__cache_read__input_tokens=60,
        gen_ai__usage__cache_creation__input_tokens=10,
        gen_ai__usage__output_tokens=40,
        gen_ai__usage__reasoning__output_tokens=30,
        gen_ai__response__finish_reasons=["stop"],
        gen_ai__input__messages=message("user", "Why?"),
        gen_ai__output__messages=message("assistant", "Because."),
        gen_ai__system_instructions='[{"type":"text","content":"Be brief."}]',
    )
    assert (found.convention, found.operation) == ("gen_ai@1.37.0", "chat")
    assert (found.model_requested, found.model_resolved, found.finish_reason) == ("m", "m-2026", "stop")
    assert (found.input, found.output) == ("Why?", "Because.")
    assert "Be brief." in (found.input_messages or "")
    # 100 tokens in, of which 60 were read from a cache and 10 written to it: 30 are neither
    assert found.tokens.columns() == {
        "input_uncached_tokens": 30,
        "cache_read_tokens": 60,
        "cache_write_tokens": 10,
        "output_tokens": 40,
        "reasoning_tokens": 30,
    }


def test_older_gen_ai_names_and_flattened_messages() -> None:
    found = meaning(
        llm__request__type="chat",
        gen_ai__request__model="m",
        gen_ai__usage__prompt_tokens=9,
        gen_ai__usage__completion_tokens=3,
        **{"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": "Why?", "gen_ai.completion.0.content": "So."},
    )
    assert (found.operation, found.input, found.output) == ("chat", "Why?", "So.")
    assert (found.tokens.input_uncached, found.tokens.output) == (9, 3)


def test_gen_ai_messages_in_an_event_and_structured() -> None:
    told = attributes({"gen_ai.input.messages": message("user", "Why?")})
    made = span("t", "a", gen_ai__operation__name="chat")
    made["events"] = [{"name": "gen_ai.client.inference.operation.details", "attributes": told}]
    assert meaning_of(read(made)).input == "Why?"


def test_gen_ai_documents() -> None:
    found = meaning(
        gen_ai__operation__name="retrieval",
        gen_ai__retrieval__documents='[{"id": "1", "title": "Backups", "content": "Daily."}, {"id": "2", "score": 1}]',
    )
    assert found.documents == (Document("Backups", "Daily."), Document("2", None))


def test_open_inference_llm() -> None:
    told = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "m-2026",
        "llm.invocation_parameters": '{"model": "m"}',
        "llm.token_count.prompt": 100,
        "llm.token_count.prompt_details.cache_read": 60,
        "llm.token_count.completion": 40,
        "llm.input_messages.0.message.role": "system",
        "llm.input_messages.0.message.content": "Be brief.",
        "llm.input_messages.1.message.role": "user",
        "llm.input_messages.1.message.contents.0.message_content.text": "Why?",
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Because.",
    }
    made = span("t", "a", **told)
    made["events"] = [{"name": "First Token Stream Event", "timeUnixNano": str(nanoseconds("2026-03-30T12:00:01"))}]
    found = meaning_of(read(made))
    assert (found.convention, found.operation) == ("openinference", "chat")
    assert (found.model_requested, found.model_resolved) == ("m", "m-2026")
    assert (found.input, found.output, found.first_token_ms) == ("Why?", "Because.", 1000.0)
    assert (found.tokens.input_uncached, found.tokens.cache_read, found.tokens.output) == (40, 60, 40)


def test_open_inference_retriever_and_chain() -> None:
    found = meaning(
        **{
            "openinference.span.kind": "RETRIEVER",
            "input.value": "backups",
            "retrieval.documents.0.document.content": "Daily.",
            "retrieval.documents.0.document.metadata": '{"title": "Backups"}',
            "retrieval.documents.10.document.content": "Last.",
            "retrieval.documents.2.document.content": "Second.",
        }
    )
    assert found.operation == "retrieval"
    assert found.documents == (Document("Backups", "Daily."), Document(None, "Second."), Document(None, "Last."))
    reply = '{"type": "ai", "data": {"content": "Because."}}'
    chain = meaning(**{"openinference.span.kind": "CHAIN", "input.value": "Why?", "output.value": reply})
    assert (chain.operation, chain.input, chain.output) == ("chain", "Why?", "Because.")


@pytest.mark.parametrize(
    ("scope", "told", "uncached"),
    [
        # OpenTelemetry: 1,012 include the 1,000 that a cache served, so 12 were read anew
        ("opentelemetry.instrumentation.anthropic", 1012, 12),
        # Bedrock's counts as the API gives them: 1,012 are those that no cache served
        ("opentelemetry.instrumentation.bedrock", 1012, 1012),
        ("opentelemetry.instrumentation.bedrock", 12, 12),
    ],
)
def test_whether_input_includes_cached_tokens_is_the_emitters_rule(scope: str, told: int, uncached: int) -> None:
    found = read(
        span(
            "t",
            "chat",
            gen_ai__operation__name="chat",
            gen_ai__usage__input_tokens=told,
            gen_ai__usage__cache_read__input_tokens=1000,
        )
    )
    tokens = meaning_of(replace(found, scope=Scope(scope))).tokens
    assert (tokens.input_uncached, tokens.cache_read) == (uncached, 1000)


def test_cached_tokens_that_exceed_the_input_were_counted_beside_it() -> None:
    found = meaning(
        gen_ai__operation__name="chat", gen_ai__usage__input_tokens=5, gen_ai__usage__cache_read__input_tokens=900
    )
    assert (found.tokens.input_uncached, found.tokens.cache_read) == (5, 900)


@pytest.mark.parametrize("count", [-1, "many", 1.5, 2**60])
def test_a_count_that_is_none_is_refused(count: object) -> None:
    with pytest.raises(BadSpanError, match="input_tokens must be a whole number"):
        meaning(gen_ai__operation__name="chat", gen_ai__usage__input_tokens=count)


def test_a_span_of_no_convention_means_nothing_but_has_the_applications_words() -> None:
    found = read(span("t", "answer", feature="search", user__id="u1", llm_eval__feedback_score=0))
    assert meaning_of(found) == Meaning()
    columns = application_columns(found.attributes)
    assert (columns["feature"], columns["user_id"], columns["feedback_score"]) == ("search", "u1", 0.0)


@pytest.mark.parametrize("score", [5, -1.0, True, "good"])
def test_feedback_on_another_scale_is_refused(score: object) -> None:
    with pytest.raises(BadSpanError, match="feedback_score"):
        application_columns({"llm_eval.feedback_score": score})


@pytest.mark.parametrize("text", ["[" * 400 + "]" * 400, "[1, 2", "[[]]", "{}", '{"a": NaN}', "null"])
def test_strange_messages_do_no_harm(text: str) -> None:
    try:
        found = meaning(gen_ai__operation__name="chat", gen_ai__input__messages=text, gen_ai__output__messages=text)
    except BadSpanError:
        return
    assert found.operation == "chat"


def test_a_feature_that_is_called_as_the_total_is_has_another_spelling() -> None:
    assert application_columns({"llm_eval.feature": "all"})["feature"] == "all (feature)"
    assert application_columns({})["feature"] is None
