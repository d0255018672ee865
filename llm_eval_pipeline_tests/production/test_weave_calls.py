"""Weave's calls: which files they are in, what they become, and what they mean."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llm_eval_pipeline.production.conventions import meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.landing import READERS, LandingReport
from llm_eval_pipeline.production.readers import WeaveJsonReader
from llm_eval_pipeline.production.rows import Origin, span_row
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.spans import BadSpanError, OpenSpanError, Span
from llm_eval_pipeline.production.tokens import Tokens
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import lines, price, span
from llm_eval_pipeline_tests.production.weave_calls import START, call, openai_chat, root, summary, uuid

READER = WeaveJsonReader()


def jsonl(*calls: Any) -> bytes:
    return b"".join((each if isinstance(each, bytes) else orjson.dumps(each)) + b"\n" for each in calls)


def read(data: bytes, name: str = "calls.jsonl") -> tuple[list[Span], list[str]]:
    """Spans, and the reasons of what is none; a call that is open has the reason ``open``."""
    spans, reasons, places = [], [], set()
    for record in READER.records(io.BytesIO(data), name):
        assert record.size() >= len(record.raw()) > 0
        places.add((record.line, record.part))
        try:
            spans.append(record.span())
        except OpenSpanError:
            reasons.append("open")
        except BadSpanError as error:
            reasons.append(str(error))
    assert len(places) == len(spans) + len(reasons)
    return spans, reasons


def one(made: dict[str, Any]) -> Span:
    ((span,), reasons) = read(jsonl(made))
    assert reasons == []
    return span


def test_a_models_call_says_who_answered_what_and_what_it_took() -> None:
    found = one(openai_chat())
    assert (found.trace_id, found.name) == (uuid("trace").replace("-", ""), "openai.chat.completions.create")
    assert (found.end_ns - found.start_ns, found.day, found.status) == (250_000_000, "2026-03-30", "ok")
    meaning = meaning_of(found)
    assert (meaning.convention, meaning.operation) == ("weave", "chat")
    assert (meaning.model_requested, meaning.model_resolved) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (meaning.input, meaning.output, meaning.finish_reason) == ("How long is the warranty?", "Two years.", "stop")
    assert orjson.loads(meaning.input_messages or "")[0] == {"role": "system", "content": "Be short."}
    # OpenAI counts the 600 cached tokens into the 1000
    assert meaning.tokens == Tokens(input_uncached=400, cache_read=600, output=50, reasoning=20)


def test_a_parents_summary_repeats_its_childrens_usage_and_counts_for_nothing() -> None:
    app, chat = read(jsonl(root(), openai_chat()))[0]
    assert chat.parent_span_id == app.span_id
    meaning = meaning_of(app)
    assert (meaning.operation, meaning.model_resolved, meaning.tokens) == (None, None, Tokens())
    assert (meaning.input, meaning.output) == ("How long is the warranty?", "Two years.")


def test_without_counts_of_statuses_a_parent_is_who_is_named_as_one() -> None:
    usage = {"gpt-4o": {"input_tokens": 10, "output_tokens": 5, "requests": 1}}
    told = {"summary": {"usage": usage}, "attributes": {}}
    calls = [call("answer", **told), call("think", parent="answer", **told), call("ask", parent="think", **told)]
    for some in (calls, calls[::-1]):
        tokens = {each.name: meaning_of(each).tokens.output for each in read(jsonl(*some))[0]}
        assert tokens == {"answer": None, "think": None, "ask": 5}


ANTHROPIC = {"input_tokens": 200, "cache_read_input_tokens": 100, "cache_creation_input_tokens": 30, "output_tokens": 7}


@pytest.mark.parametrize("kept", [200, 330], ids=["as the API counts", "with the cached, as newer versions keep it"])
def test_anthropics_input_is_told_by_its_own_reply(kept: int) -> None:
    reply = {
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-4",
        "content": [{"type": "text", "text": "Two years."}],
        "stop_reason": "end_turn",
        "usage": ANTHROPIC,
    }
    sent = {"model": "claude-sonnet-4", "system": "Be short.", "messages": [{"role": "user", "content": "How long?"}]}
    counted = summary({"claude-sonnet-4": {"requests": 1, **ANTHROPIC, "input_tokens": kept}})
    meaning = meaning_of(one(call("anthropic.Messages.create", inputs=sent, output=reply, summary=counted)))
    assert meaning.tokens == Tokens(input_uncached=200, cache_read=100, cache_write=30, output=7)
    assert (meaning.operation, meaning.input, meaning.output) == ("chat", "How long?", "Two years.")
    assert (meaning.model_resolved, meaning.finish_reason) == ("claude-sonnet-4", "end_turn")
    assert orjson.loads(meaning.input_messages or "")[0] == {"role": "system", "parts": "Be short."}


def test_openais_responses_are_read_too() -> None:
    usage = {
        "input_tokens": 40,
        "input_tokens_details": {"cached_tokens": 30},
        "output_tokens": 9,
        "output_tokens_details": {"reasoning_tokens": 4},
    }
    reply = {
        "object": "response",
        "model": "gpt-4.1-2025-04-14",
        "output": [
            {"type": "reasoning", "summary": []},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Two years."}]},
        ],
        "usage": usage,
    }
    counted = summary({"gpt-4.1-2025-04-14": {"requests": 1, **usage, "cache_read_input_tokens": 30}})
    sent = {"model": "gpt-4.1", "instructions": "Be short.", "input": "How long?"}
    meaning = meaning_of(one(call("openai.responses.create", inputs=sent, output=reply, summary=counted)))
    assert meaning.tokens == Tokens(input_uncached=10, cache_read=30, output=9, reasoning=4)
    assert (meaning.input, meaning.output) == ("How long?", "Two years.")


def test_a_call_that_failed_keeps_the_model_that_was_asked() -> None:
    fault = orjson.dumps({"type": "RateLimitError", "message": "429", "traceback": "…"}).decode()
    failed = openai_chat(exception=fault, output=None, summary={"status_counts": {"success": 0, "error": 1}})
    found = one(failed)
    meaning = meaning_of(found)
    assert (found.status, found.status_message) == ("error", "RateLimitError: 429")
    assert (meaning.operation, meaning.model_requested, meaning.model_resolved) == ("chat", "gpt-4o", None)
    assert (meaning.output, meaning.tokens) == (None, Tokens())


@pytest.mark.parametrize(
    ("kind", "operation"), [("tool", "execute_tool"), ("agent", "invoke_agent"), ("search", "retrieval"), ("odd", None)]
)
def test_kinds_are_operations(kind: str, operation: str | None) -> None:
    assert meaning_of(one(call("step", attributes={"weave": {"kind": kind}}))).operation == operation


def test_a_wrapper_of_a_models_kind_is_no_call_of_its_own() -> None:
    wrapper = call("dspy.ChatAdapter", attributes={"weave": {"kind": "llm"}}, summary=summary({"m": {}}, calls=2))
    assert meaning_of(one(wrapper)).operation is None


def test_what_was_found_is_documents() -> None:
    found = [{"title": "Terms", "content": "Two years."}, "Returns take 30 days."]
    meaning = meaning_of(one(call("search", attributes={"weave": {"kind": "search"}}, output=found)))
    assert [(each.title, each.content) for each in meaning.documents or ()] == [
        ("Terms", "Two years."),
        (None, "Returns take 30 days."),
    ]
    assert meaning.output is None


def langchain_run(run_type: str, outputs: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "r",
        "name": "x",
        "start_time": "2026-03-30T12:00:00Z",
        "run_type": run_type,
        "outputs": outputs,
    } | more


def langchain_chat(**changes: Any) -> dict[str, Any]:
    """What Weave keeps of a chat model of LangChain's: its own counts, of which the summary has the sums alone."""

    def message(kind: str, content: str) -> dict[str, Any]:
        return {"lc": 1, "type": "constructor", "kwargs": {"type": kind, "content": content}}

    answer = message("ai", "Two years.")
    answer["kwargs"] |= {
        "response_metadata": {"model_name": "gpt-4o-2024-08-06"},
        "usage_metadata": {
            "input_tokens": 1000,
            "output_tokens": 50,
            "input_token_details": {"cache_read": 600},
            "output_token_details": {"reasoning": 20},
        },
    }
    generation = {"text": "Two years.", "generation_info": {"finish_reason": "stop"}, "message": answer}
    extra = {"invocation_params": {"model": "gpt-4o"}}
    return (
        call(
            "langchain.Llm.ChatOpenAI",
            attributes={"weave": {"kind": "llm"}},
            inputs={"messages": [[message("system", "Be short."), message("human", "How long?")]]},
            output=langchain_run("llm", {"generations": [[generation]]}, extra=extra),
            summary=summary({"gpt-4o-2024-08-06": {"prompt_tokens": 1000, "completion_tokens": 50}}),
        )
        | changes
    )


def test_langchains_models_are_read_with_its_own_counts() -> None:
    meaning = meaning_of(one(langchain_chat()))
    assert (meaning.operation, meaning.model_requested, meaning.model_resolved) == (
        "chat",
        "gpt-4o",
        "gpt-4o-2024-08-06",
    )
    assert (meaning.input, meaning.output, meaning.finish_reason) == ("How long?", "Two years.", "stop")
    assert [each["role"] for each in orjson.loads(meaning.input_messages or "")] == ["system", "human"]
    assert meaning.tokens == Tokens(input_uncached=400, cache_read=600, output=50, reasoning=20)
    failed = langchain_run("llm", None, extra={"invocation_params": {"model": "gpt-4o"}})
    meaning = meaning_of(one(langchain_chat(output=failed, exception="Exception: 429", summary=summary())))
    assert (meaning.operation, meaning.model_requested, meaning.model_resolved) == ("chat", "gpt-4o", None)
    assert (meaning.input, meaning.output, meaning.tokens) == ("How long?", None, Tokens())


def test_langchains_message_says_what_was_cached_for_a_time_and_why_it_ended() -> None:
    run = langchain_chat()
    generation = run["output"]["outputs"]["generations"][0][0]
    told = generation["message"]["kwargs"]
    written = {"cache_creation": 0, "ephemeral_5m_input_tokens": 100, "ephemeral_1h_input_tokens": 50}
    told["usage_metadata"] |= {"input_token_details": {"cache_read": 600, **written}}
    told["response_metadata"] |= {"stop_reason": "max_tokens"}
    generation["generation_info"] = None
    meaning = meaning_of(one(run))
    assert meaning.tokens == Tokens(input_uncached=250, cache_read=600, cache_write=150, output=50, reasoning=20)
    assert meaning.finish_reason == "max_tokens"


def test_langchains_other_runs_are_what_their_names_say_whatever_kind_was_left_over() -> None:
    left_over = {"weave": {"kind": "llm"}}
    parsed = call("langchain.Parser.Str", attributes=left_over, output=langchain_run("parser", {"output": "Two."}))
    assert (meaning_of(one(parsed)).operation, meaning_of(one(parsed)).output) == (None, "Two.")
    found = langchain_run("retriever", {"documents": [{"page_content": "Two.", "metadata": {"source": "terms.md"}}]})
    meaning = meaning_of(one(call("langchain.Retriever.Store", attributes=left_over, output=found)))
    assert (meaning.operation, meaning.output) == ("retrieval", None)
    assert [(each.title, each.content) for each in meaning.documents or ()] == [("terms.md", "Two.")]


def reaction(emoji: str) -> dict[str, Any]:
    return {"feedback_type": "wandb.reaction.1", "payload": {"emoji": emoji, "detoned": emoji}}


def annotation(value: Any) -> dict[str, Any]:
    return {"feedback_type": "wandb.annotation.good", "payload": {"value": value}}


@pytest.mark.parametrize(
    ("given", "score"),
    [
        ([reaction("👍")], 1.0),
        ([reaction("👎")], 0.0),
        ([{"feedback_type": "wandb.reaction.1", "payload": {"emoji": "👍🏽", "detoned": "👍"}}], 1.0),
        ([reaction("❤️")], 1.0),
        ([reaction("👍"), reaction("👎")], 0.5),
        ([reaction("🤷")], None),
        ([annotation(True), annotation(0.5)], 0.75),
        ([annotation(5), annotation("good"), annotation(None)], None),
        ([{"feedback_type": "wandb.note.1", "payload": {"note": "1"}}], None),
        ([{"feedback_type": "wandb.runnable.Judge", "payload": {"output": 1}}], None),
        ("👍", None),
    ],
)
def test_reactions_and_annotations_are_feedback(given: Any, score: float | None) -> None:
    found = one(root(summary=summary(feedback=given)))
    assert application_columns(found.attributes)["feedback_score"] == score


def test_what_the_application_says_is_kept() -> None:
    columns = application_columns(one(root()).attributes)
    # who owns the key with which the application logs is no user of it
    assert (columns["feature"], columns["session_id"], columns["user_id"]) == ("warranty", "thread-7", None)
    assert application_columns(one(root(attributes={"user.id": "u1"})).attributes)["user_id"] == "u1"
    nested = root(attributes={"llm_eval": {"feature": "qa", "prompt_version": "p7"}})
    columns = application_columns(one(nested).attributes)
    assert (columns["feature"], columns["prompt_version"]) == ("qa", "p7")


@pytest.mark.parametrize("ended", [{"ended_at": None}, {"ended_at": ""}])
def test_a_call_that_has_not_ended_waits(ended: dict[str, Any]) -> None:
    assert read(jsonl(root(**ended), openai_chat()))[1] == ["open"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"started_at": None}, "started_at is missing"),
        ({"started_at": "yesterday"}, "started_at is no ISO 8601 time"),
        ({"started_at": 1_774_872_000}, "started_at is missing or no text"),
        ({"ended_at": "2026-03-30T11:59:59Z"}, "is before start time"),
        ({"started_at": "1970-01-02T00:00:00Z"}, "before the year 2000"),
        ({"id": None}, "id is missing"),
        ({"trace_id": ["a"]}, "trace_id is missing"),
        ({"parent_id": {"a": 1}}, "parent_id is missing"),
        ({"op_name": 7}, "op_name must be text"),
    ],
)
def test_a_call_that_is_none_says_why(changes: dict[str, Any], said: str) -> None:
    spans, reasons = read(jsonl(root(**changes), openai_chat()))
    assert len(spans) == 1
    assert said in reasons[0]


@pytest.mark.parametrize("count", [-1, 1.5, "many", [1], True])
def test_counts_that_cannot_be_are_a_reason(count: Any) -> None:
    made = openai_chat(output=None, summary=summary({"gpt-4o": {"prompt_tokens": count, "completion_tokens": 1}}))
    with pytest.raises(BadSpanError, match="prompt_tokens must be a whole number"):
        meaning_of(one(made))


def test_half_a_line_wrong_text_and_a_cut_cost_only_themselves() -> None:
    good = jsonl(root(), openai_chat())
    spans, reasons = read(good + b'{"id": "\xff"}\n' + b'[1, {"op_name": "x"}]\n' + good[:40])
    assert len(spans) == 2
    assert len(reasons) == 4
    assert reasons[-1].startswith("no JSON")
    many = jsonl(*[root(id=f"c{i}") for i in range(3000)])
    packed = gzip.compress(many)
    spans, reasons = read(packed[: len(packed) // 2], "calls.jsonl.gz")
    assert 0 < len(spans) < 3000
    assert reasons == ["gzip ends before its end mark: the file was cut or is still being written"]


def test_a_list_of_calls_is_read_as_its_calls() -> None:
    assert [each.name for each in read(orjson.dumps([root(), openai_chat()]), "calls.json")[0]] == [
        "answer",
        "openai.chat.completions.create",
    ]


def test_what_python_wrote_of_a_call_is_read() -> None:
    """``json.dumps(call.to_dict(), default=str)`` has another order, and times with a space."""
    server = root()
    order = ("op_name", "trace_id", "project_id", "parent_id", "inputs", "id", "output", "exception", "summary")
    made = {name: server[name] for name in order} | {"attributes": server["attributes"], "wb_username": None}
    made |= {"started_at": str(START), "ended_at": str(START + timedelta(seconds=1, microseconds=5))}
    found = one(made)
    assert (found.name, found.end_ns - found.start_ns) == ("answer", 1_000_005_000)


def test_each_file_goes_to_the_reader_that_its_beginning_names() -> None:
    def reader(data: bytes) -> str:
        return next(each.name for each in READERS if each.accepts("a.jsonl", data[:8192]))

    assert reader(jsonl(root())) == "weave_json"
    assert reader(orjson.dumps([root()])) == "weave_json"
    assert reader(lines([span("t", "a")])) == "otlp_json"
    assert reader(b'{"info": {"trace_id": "tr-1"}, "data": {"spans": []}}') == "mlflow_json"


def test_files_of_calls_become_days(landing: Path, warehouse: Warehouse, landed: Callable[[], LandingReport]) -> None:
    future = root(id="later", started_at="2031-01-01T00:00:00Z", ended_at="2031-01-01T00:00:01Z")
    (landing / "2026-03-30.weave.jsonl").write_bytes(
        jsonl(root(summary=summary(calls=2, feedback=[reaction("👎")])), openai_chat(), root(), future, b"{")
    )
    report = landed()
    assert (report.records, report.spans, report.open, report.quarantined, report.unpriced_calls) == (5, 3, 0, 2, 0)
    (day,) = compile_days(report.days, warehouse)
    assert (day.written, day.duplicates + day.conflicting) == (2, 1)
    app, chat = sorted(warehouse.read(PRODUCTION_TRACES, day.day).to_pylist(), key=lambda row: row["duration_ms"])[::-1]
    assert (app["name"], app["is_entry"], app["source"], app["cost_usd"]) == ("answer", True, "weave", None)
    assert (chat["feature"], chat["model_resolved"], chat["input_uncached_tokens"]) == (
        "warranty",
        "gpt-4o-2024-08-06",
        400,
    )
    assert chat["cost_usd"] == Decimal("0.00105")  # 400 + 600 in and 50 out, a millionth each


SCALARS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=6))
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3)
)
ORIGIN = Origin(
    source="weave", file="a.jsonl", arrived_at=datetime(2026, 4, 1, tzinfo=UTC), latest=datetime(2026, 4, 2, tzinfo=UTC)
)
FIELDS = [
    *(["op_name"], ["id"], ["trace_id"], ["parent_id"], ["started_at"], ["ended_at"], ["exception"], ["thread_id"]),
    *(["inputs"], ["inputs", "messages"], ["output"], ["output", "usage"], ["output", "choices"]),
    *(["attributes"], ["attributes", "weave"], ["attributes", "llm_eval"], ["attributes", "metadata"]),
    *(["summary"], ["summary", "usage"], ["summary", "usage", "m"], ["summary", "weave"], ["summary", "status_counts"]),
    *(["summary", "weave", "feedback"], ["summary", "weave", "status"]),
    *(["output", "outputs"], ["output", "outputs", "generations"], ["output", "extra"]),
]
LANGCHAIN = ("outputs", "generations", "extra", "messages")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FIELDS), ANYTHING)
def test_any_value_in_any_field_is_a_row_or_a_reason(where: list[str], value: Any) -> None:
    made = orjson.loads(orjson.dumps(langchain_chat() if where[-1] in LANGCHAIN else openai_chat()))
    *path, last = where
    place = made
    for name in path:
        place = place.setdefault(name, {})
    place[last] = value
    try:
        data = orjson.dumps(made)
    except TypeError:  # an integer that JSON's readers do not take
        return
    for record in READER.records(io.BytesIO(data), "a.jsonl"):
        assert record.size() >= len(record.raw()) > 0
        with suppress(BadSpanError):
            span_row(record.span(), record.line, record.part, ORIGIN, price)


def test_what_is_nested_too_deeply_is_a_reason() -> None:
    deep = b'{"a":' * 600 + b"1" + b"}" * 600
    line = orjson.dumps(openai_chat(inputs="DEEP")).replace(b'"DEEP"', deep)
    spans, reasons = read(line)
    assert spans == []
    assert "nested too deeply" in reasons[0]
