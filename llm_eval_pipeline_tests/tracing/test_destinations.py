"""Where spans go: each is sent once, and a place that is down costs no more than its spans."""

import threading
import time
from datetime import UTC, datetime

import pytest

from llm_eval_pipeline import tracing
from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.tracing.answers import anthropic_message, openai_chat
from llm_eval_pipeline_tests.tracing.receiving import Receiver


@tracing.trace(kind="tool")
def work(number):
    return number


@tracing.trace(kind="chat")
def ask(model, messages):
    return openai_chat()


@tracing.trace(feature="qa")
def answer(question):
    tracing.record(feedback=1)
    return ask("gpt-4o", [{"role": "user", "content": question}])["choices"][0]["message"]["content"]


def test_a_receiver_gets_every_span_with_the_token(monkeypatch):
    monkeypatch.setenv("LLM_EVAL_TRACING_TOKEN", "tell-nobody")
    with Receiver() as receiver:
        tracing.init(otlp=receiver.address, service="shop")
        answer("How long?")
        assert tracing.flush(10)
    assert sorted(span.name for span in receiver.spans()) == ["answer", "ask"]
    assert set(receiver.paths) == {"/v1/traces"}
    assert {headers["authorization"] for headers in receiver.headers} == {"Bearer tell-nobody"}
    assert b"shop" in receiver.bodies[0]


def test_a_burst_of_5000_spans_loses_none():
    with Receiver() as receiver:
        receiver.hold.clear()  # nothing is taken while the burst lasts
        tracing.init(otlp=receiver.address)
        for number in range(5_000):
            work(number)
        receiver.hold.set()
        assert tracing.flush(30)
        counts = tracing.counts()["OTLP"]
    assert (counts.sent, counts.dropped, counts.lost) == (5_000, 0, 0)
    assert len({span.span_id for span in receiver.spans()}) == 5_000


def test_what_does_not_fit_is_counted_and_said_and_holds_up_nobody(caplog):
    with Receiver() as receiver:
        receiver.hold.clear()
        tracing.init(otlp=receiver.address, capacity=600)
        began = time.monotonic()
        for number in range(5_000):
            work(number)
        assert time.monotonic() - began < 5
        receiver.hold.set()
        assert tracing.flush(30)
        counts = tracing.counts()
    dropped = sum(each.dropped for each in counts.values())
    assert dropped > 0
    assert counts["OTLP"].sent + dropped == 5_000
    assert len(receiver.spans()) == counts["OTLP"].sent
    assert "spans dropped so far" in caplog.text


def test_a_destination_that_refuses_costs_its_spans_alone(tmp_path, caplog):
    with Receiver(status=400) as receiver:
        tracing.init(otlp=receiver.address, file=tmp_path)
        assert answer("How long?") == "Two years."
        assert not tracing.flush(10)
        counts = tracing.counts()
    assert (counts["OTLP"].lost, counts["OTLP file"].sent) == (2, 2)
    assert "OTLP: 2 spans were not taken so far" in caplog.text


def test_a_destination_that_is_down_holds_up_neither_calls_nor_the_end(tmp_path):
    tracing.init(otlp="http://127.0.0.1:9", file=tmp_path)
    began = time.monotonic()
    assert answer("How long?") == "Two years."
    assert time.monotonic() - began < 0.5
    began = time.monotonic()
    assert not tracing.close(1)
    assert time.monotonic() - began < 3
    assert len(list(tmp_path.iterdir())) == 1


def test_an_exporter_that_raises_is_said_and_the_application_goes_on(caplog):
    class Broken:
        def export(self, spans):
            raise RuntimeError("not today")

        def shutdown(self):
            pass

        def force_flush(self, timeout_millis=0):
            return True

    tracing.init(exporters=[Broken()])
    assert work(3) == 3
    assert not tracing.flush(5)
    assert tracing.counts()["Broken 1"].lost == 1
    assert "RuntimeError: not today" in caplog.text


def test_a_landing_file_becomes_rows_that_are_priced_once(tmp_path):
    @tracing.trace(kind="chat")
    def ask_anthropic(model, messages):
        return anthropic_message()

    tracing.init(file=tmp_path / "landing")
    with tracing.session("s-1"), tracing.user("u-1"), tracing.prompt_version("v2"):
        answer("How long?")
    ask_anthropic("claude-sonnet-4-5", [{"role": "user", "content": "And the box?"}])
    with pytest.raises(ZeroDivisionError):
        tracing.trace(lambda question: 1 / 0)("Fail?")
    assert tracing.close(10)
    warehouse = Warehouse(str(tmp_path / "warehouse"))
    report = land(tmp_path / "landing", warehouse, price_book(Settings.load().prices).price)
    assert (report.spans, report.quarantined, report.unpriced_calls) == (4, 0, 0)
    compile_days(report.days, warehouse)
    rows = {row["name"]: row for day in report.days for row in warehouse.read(PRODUCTION_TRACES, day).to_pylist()}
    root, call = rows["answer"], rows["ask"]
    assert (call["parent_span_id"], call["trace_id"]) == (root["span_id"], root["trace_id"])
    assert (root["input"], root["output"], root["feedback_score"]) == ("How long?", "Two years.", 1.0)
    assert {(row["feature"], row["session_id"], row["user_id"], row["prompt_version"]) for row in (root, call)} == {
        ("qa", "s-1", "u-1", "v2")
    }
    assert (call["model_requested"], call["model_resolved"]) == ("gpt-4o", "gpt-4o-2024-08-06")
    assert (call["input_uncached_tokens"], call["cache_read_tokens"], call["output_tokens"]) == (60, 40, 20)
    assert float(call["cost_usd"]) == pytest.approx(400e-6)
    assert root["cost_usd"] is None
    other = rows["ask_anthropic"]
    assert (other["input_uncached_tokens"], other["cache_read_tokens"], other["cache_write_tokens"]) == (50, 40, 10)
    assert rows["<lambda>"]["status"] == "error"


def test_files_are_appended_whole_lines_at_a_time_by_any_number_of_threads(tmp_path):
    tracing.init(file=tmp_path)
    threads = [threading.Thread(target=lambda: [work(n) for n in range(200)]) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert tracing.close(10)
    (file,) = tmp_path.iterdir()
    assert file.name.startswith(datetime.now(UTC).date().isoformat())
    report = land(tmp_path, Warehouse(str(tmp_path.parent / "warehouse")), price_book(Settings.load().prices).price)
    assert (report.spans, report.quarantined) == (800, 0)
