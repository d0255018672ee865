"""MLflow's traces as JSON: what they say, and which files hold them."""

from __future__ import annotations

import gzip
import random
from base64 import b64encode
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pytest

from llm_eval_pipeline.production.conventions import meaning_of
from llm_eval_pipeline.production.conventions.application import application_columns
from llm_eval_pipeline.production.readers import MlflowJsonReader, OtlpJsonReader
from llm_eval_pipeline.production.readers.unpacking import beginning
from llm_eval_pipeline.production.spans import Span
from llm_eval_pipeline.production.tokens import Tokens
from llm_eval_pipeline_tests.production.otlp import lines, span
from llm_eval_pipeline_tests.production.reading import read_by

READER = MlflowJsonReader()
START = 1_774_872_000_000_000_000  # 2026-03-30T12:00:00Z


def base64(text: str, length: int) -> str:
    return b64encode(text.encode().ljust(length, b"\x01")).decode()


def chat(**changes: Any) -> dict[str, Any]:
    """A chat call as ``Trace.to_json`` has it; attributes are JSON texts."""
    told = {
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": {"model": "gpt-4o", "messages": [{"role": "user", "content": "How long?"}]},
        "mlflow.spanOutputs": {
            "model": "gpt-4o-2024-08-06",
            "choices": [{"message": {"role": "assistant", "content": "Two years."}, "finish_reason": "stop"}],
        },
        "mlflow.chat.tokenUsage": {"input_tokens": 12, "output_tokens": 5, "cache_read_input_tokens": 4},
    }
    made = {
        "trace_id": base64("trace", 16),
        "span_id": base64("chat", 8),
        "parent_span_id": base64("app", 8),
        "name": "chat",
        "start_time_unix_nano": START,
        "end_time_unix_nano": START + 250_000_000,
        "events": [],
        "status": {"code": "STATUS_CODE_OK", "message": ""},
        "attributes": {name: orjson.dumps(value).decode() for name, value in told.items()},
        "links": [],
    }
    attributes = {name: orjson.dumps(value).decode() for name, value in changes.pop("attributes", {}).items()}
    return made | changes | {"attributes": made["attributes"] | attributes}


def root(**changes: Any) -> dict[str, Any]:
    kind = {"mlflow.spanType": "CHAIN", "mlflow.spanInputs": {"question": "How long?"}, "mlflow.spanOutputs": "Two."}
    return chat(span_id=base64("app", 8), parent_span_id=None, name="app", attributes=kind) | changes


def trace(*spans: dict[str, Any], **info: Any) -> bytes:
    return orjson.dumps({"info": {"trace_id": "tr-1", **info}, "data": {"spans": spans}}) + b"\n"


def read(data: bytes) -> tuple[list[Span], list[str]]:
    return read_by(READER, data, "a.jsonl")


def test_a_call_says_who_answered_what_and_what_it_took() -> None:
    ((call,), reasons) = read(trace(chat()))
    assert reasons == []
    assert (call.trace_id, call.span_id) == (b"trace".ljust(16, b"\x01").hex(), b"chat\x01\x01\x01\x01".hex())
    meaning = meaning_of(call)
    assert (meaning.convention, meaning.operation) == ("mlflow", "chat")
    assert (meaning.model_requested, meaning.model_resolved) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (meaning.input, meaning.output, meaning.finish_reason) == ("How long?", "Two years.", "stop")
    # MLflow counts cached tokens into the input, as OpenTelemetry does
    assert meaning.tokens == Tokens(input_uncached=8, cache_read=4, output=5)


def test_every_api_says_why_a_model_stopped_in_its_own_place() -> None:
    said = {"parts": [{"text": "Two years."}]}
    gemini = {"candidates": [{"content": said, "finish_reason": "STOP"}]}
    anthropic = {"content": [{"type": "text", "text": "Two years."}], "stop_reason": "end_turn"}
    calls, _ = read(trace(*(chat(attributes={"mlflow.spanOutputs": each}) for each in (gemini, anthropic))))
    assert [meaning_of(each).finish_reason for each in calls] == ["STOP", "end_turn"]


def test_what_is_known_of_a_trace_goes_to_its_root() -> None:
    feedback = {"source": {"source_type": "HUMAN"}, "feedback": {"value": True}}
    judged = {"source": {"source_type": "LLM_JUDGE"}, "feedback": {"value": 0.1}}
    words = {"source": {"source_type": "HUMAN"}, "feedback": {"value": "good"}}
    data = trace(
        root(),
        chat(),
        tags={"feature": "qa", "llm_eval.prompt_version": "p7"},
        trace_metadata={"mlflow.trace.user": "u1", "mlflow.trace.session": "s1"},
        assessments=[feedback, feedback | {"feedback": {"value": 0.5}}, judged, words],
    )
    app, call = read(data)[0]
    assert application_columns(app.attributes) == {
        "feature": "qa",
        "prompt_version": "p7",
        "session_id": "s1",
        "user_id": "u1",
        "feedback_score": 0.75,
    }
    assert application_columns(call.attributes)["feature"] is None
    assert (meaning_of(app).input, meaning_of(app).output) == ("How long?", "Two.")


def test_a_retriever_says_its_documents_and_a_failed_call_no_answer() -> None:
    found = [{"page_content": "Two years.", "metadata": {"doc_uri": "warranty.md"}, "id": None}]
    retriever = chat(attributes={"mlflow.spanType": "RETRIEVER", "mlflow.spanOutputs": found})
    failed = chat(status={"code": "STATUS_CODE_ERROR", "message": "429"}, attributes={"mlflow.spanOutputs": "{}"})
    one, other = map(meaning_of, read(trace(retriever, failed))[0])
    assert one.documents is not None
    assert [(each.title, each.content) for each in one.documents] == [("warranty.md", "Two years.")]
    assert (other.output, other.model_resolved) == (None, None)


@pytest.mark.parametrize(
    ("spoilt", "reason"),
    [
        (chat(trace_id="tr-1"), "trace_id is no base64"),
        (chat(trace_id=b64encode(b"short").decode()), "trace_id must be 32"),
        (chat(span_id=None), "span_id is missing"),
        (chat(end_time_unix_nano=None), "end time is missing"),
        (chat(end_time_unix_nano=START - 1), "before start time"),
        (chat(status="OK"), "status and attributes must be objects"),
        (chat(events="none"), "events must be a list"),
        ("a span", "a span must be an object"),
    ],
)
def test_a_span_that_makes_no_sense_says_why_and_its_neighbours_are_read(spoilt: Any, reason: str) -> None:
    spans, reasons = read(trace(root(), spoilt))
    assert [each.name for each in spans] == ["app"]
    (said,) = reasons
    assert reason in said


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b'{"info": 1}', b'{"info": {}, "data": {}}', trace().strip(), b"\xff\xfe"]
)
def test_a_line_that_is_no_trace_is_one_record(line: bytes) -> None:
    spans, reasons = read(line + b"\n" + trace(chat()))
    assert (len(spans), len(reasons)) == (1, 1)


def test_a_json_file_goes_to_the_reader_whose_documents_it_holds() -> None:
    otlp, mlflow = lines([span("t", "a")]), trace(chat())
    assert [READER.accepts("a.jsonl", data) for data in (otlp, mlflow, b"", b"[1]")] == [False, True, False, False]
    assert not READER.accepts("a.pb", mlflow)
    assert OtlpJsonReader().accepts("a.jsonl", otlp)


@pytest.mark.parametrize("ending", ["", ".gz", ".zst"])
def test_a_large_file_is_known_by_its_beginning_however_it_is_packed(tmp_path: Path, ending: str) -> None:
    noise = random.Random(1)
    whole = b"".join(trace(chat(name=noise.randbytes(1000).hex())) for _ in range(1000))
    packed = {"": whole, ".gz": gzip.compress(whole), ".zst": pa.compress(whole, codec="zstd", asbytes=True)}[ending]
    path = tmp_path / f"a.jsonl{ending}"
    path.write_bytes(packed)
    assert len(packed) > 2**19
    assert READER.accepts(path.name, beginning(path))


def test_a_trace_that_lacks_spans_which_mlflow_counted_says_so() -> None:
    counted = {"trace_metadata": {"mlflow.trace.sizeStats": '{"total_size_bytes": 900, "num_spans": 3}'}}
    spans, reasons = read(trace(root(), chat(), **counted))
    assert (len(spans), reasons) == (2, ["the trace has 3 spans, of which 2 are there"])
    odd = {"trace_metadata": {"mlflow.trace.sizeStats": '{"num_spans": "three"}'}}
    assert read(trace(root(), **odd))[1] == []
