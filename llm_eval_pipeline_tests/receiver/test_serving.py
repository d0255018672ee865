from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from pydantic import SecretStr

from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.receiver.access import ReceiverError, refuse_open_door
from llm_eval_pipeline.storage.warehouse import Warehouse
from llm_eval_pipeline_tests.production.otlp import price
from llm_eval_pipeline_tests.receiver.running import PROTOBUF, finished, protobuf, spans_in, until
from llm_eval_pipeline_tests.receiver.started import Started


def _post(port: int, body: bytes) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/v1/traces", body, {"Content-Type": PROTOBUF})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_needs_no_token(host: str) -> None:
    assert refuse_open_door(host, SecretStr("")) is None


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.7", "collector.test"])
def test_another_address_needs_a_token(host: str) -> None:
    with pytest.raises(ReceiverError, match=f"LLM_EVAL_RECEIVER_HOST is {host}.*set LLM_EVAL_RECEIVER_TOKEN"):
        refuse_open_door(host, SecretStr("  "))
    refuse_open_door(host, SecretStr("t0ken"))


def _ran(landing: Path, *command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    others = {name: value for name, value in os.environ.items() if not name.startswith("LLM_EVAL_")}
    given = {f"LLM_EVAL_{name}": value for name, value in ({"TRACES": str(landing)} | settings).items()}
    return subprocess.run(
        [sys.executable, "-m", "llm_eval_pipeline", "receive", *command],
        env=others | given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_it_does_not_start_where_others_may_send_without_a_token(tmp_path: Path) -> None:
    ran = _ran(tmp_path, RECEIVER_HOST="0.0.0.0", RECEIVER_PORT="0")
    assert ran.returncode == 1
    assert "set LLM_EVAL_RECEIVER_TOKEN" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_a_port_that_is_taken_is_said_and_nothing_is_started_beside_it(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = _ran(tmp_path, "--", "touch", str(tmp_path / "started"), RECEIVER_PORT=port)
    assert ran.returncode == 1
    assert ran.stderr.startswith(f"port {port} of 127.0.0.1 is taken: set LLM_EVAL_RECEIVER_PORT to a free one")
    assert not (tmp_path / "started").exists()


def test_a_landing_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = _ran(tmp_path / "file", RECEIVER_PORT="0")
    assert ran.returncode == 1
    assert "set LLM_EVAL_TRACES" in ran.stderr


@pytest.mark.parametrize("way", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_with_finished_files_and_the_token_is_nowhere(tmp_path: Path, way: signal.Signals) -> None:
    with Started(tmp_path, RECEIVER_TOKEN="s3cret-t0ken") as started:
        connection = HTTPConnection("127.0.0.1", started.port, timeout=30)
        head = {"Content-Type": PROTOBUF, "Authorization": "Bearer s3cret-t0ken"}
        connection.request("POST", "/v1/traces", protobuf("a"), head)
        assert connection.getresponse().read() == b""
        assert _post(started.port, protobuf("b")) == 401
        started.end(way)
        connection.close()
    said = "".join(started.said)
    assert spans_in(tmp_path / "receiver") == ["a"]
    assert "refused 1 more (unauthorised, 1 in all)" in said
    assert "finished 20" in said
    assert "s3cret" not in said
    assert "Traceback" not in said


def test_what_runs_beside_it_ends_with_it(tmp_path: Path) -> None:
    beside = """
import pathlib, sys, time
try:
    time.sleep(60)
except KeyboardInterrupt:
    pathlib.Path(sys.argv[1]).touch()
"""
    with Started(tmp_path, "--", sys.executable, "-c", beside, str(tmp_path / "ended")) as started:
        assert _post(started.port, protobuf("a")) == 200
        time.sleep(0.5)  # until the command has begun to wait
        started.end(signal.SIGTERM)
    assert (tmp_path / "ended").exists()
    assert spans_in(tmp_path / "receiver") == ["a"]


def test_ctrl_c_is_no_failure_though_it_ends_what_runs_beside_it(tmp_path: Path) -> None:
    with Started(tmp_path, "--", "sleep", "60") as started:
        assert _post(started.port, protobuf("a")) == 200
        assert started.end(signal.SIGINT) == 0
    assert spans_in(tmp_path / "receiver") == ["a"]


def test_it_ends_with_what_runs_beside_it_and_in_the_same_way(tmp_path: Path) -> None:
    ran = _ran(tmp_path, "--", sys.executable, "-c", "import sys; sys.exit(7)", RECEIVER_PORT="0")
    assert ran.returncode == 7


def test_the_sdks_exporter_sends_what_production_traces_then_has(tmp_path: Path) -> None:
    exporting = pytest.importorskip("opentelemetry.exporter.otlp.proto.http.trace_exporter")
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor

    with Started(tmp_path / "landing") as started:
        url = f"http://127.0.0.1:{started.port}/v1/traces"
        provider = TracerProvider()
        packed = exporting.OTLPSpanExporter(url, compression=exporting.Compression.Gzip)
        provider.add_span_processor(BatchSpanProcessor(packed))
        provider.add_span_processor(SimpleSpanProcessor(exporting.OTLPSpanExporter(url)))
        tracer = provider.get_tracer("app")
        for number in range(50):
            with tracer.start_as_current_span(f"request {number}") as root:
                root.set_attribute("llm_eval.feature", "search")
                with tracer.start_as_current_span("chat") as call:
                    call.set_attribute("gen_ai.operation.name", "chat")
                    call.set_attribute("gen_ai.request.model", "m-1")
        provider.shutdown()
    rows, report = _compiled(tmp_path)
    assert (report.spans, report.quarantined) == (200, 0)  # each came by both processors
    assert len(rows) == 100
    assert {row["feature"] for row in rows} == {"search"}


def _compiled(folder: Path):
    """What the daily ingest makes of the landing folder."""
    warehouse = Warehouse(str(folder / "warehouse"))
    report = land(folder / "landing", warehouse, price)
    compile_days(report.days, warehouse, allow_empty=True)
    return [row for day in report.days for row in warehouse.read(PRODUCTION_TRACES, day).to_pylist()], report


def _send_until_killed(port: int, name: str, acknowledged: list[str], sent: list[str]) -> None:
    """One sender: a batch of three spans after another, until nobody answers."""
    number = 0
    try:
        while True:
            names = [f"{name}-{number}-{part}" for part in range(3)]
            sent += names
            if _post(port, protobuf(*names)) == 200:
                acknowledged += names
            number += 1
    except (OSError, HTTPException):
        return


def test_no_acknowledged_span_is_lost_or_doubled_by_kill_9_under_load(tmp_path: Path) -> None:
    acknowledged, sent = list[str](), list[str]()
    for turn in range(3):
        with Started(tmp_path / "landing") as started:
            senders = [
                threading.Thread(target=_send_until_killed, args=(started.port, f"{turn}-{i}", acknowledged, sent))
                for i in range(8)
            ]
            for sender in senders:
                sender.start()
            before = len(acknowledged)
            until(lambda before=before: len(acknowledged) > before + 300)
            started.end(signal.SIGKILL)
            for sender in senders:
                sender.join()
    assert list((tmp_path / "landing" / "receiver").glob(".*")) != []
    lost = sorted(set(sent) - set(acknowledged))
    with Started(tmp_path / "landing") as started:
        for name in lost:  # as exporters do
            assert _post(started.port, protobuf(name)) == 200
        assert "completed after a crash" in "".join(started.said)
    rows, report = _compiled(tmp_path)
    assert report.quarantined == 0
    assert Counter(row["name"] for row in rows) == Counter(sent)
    assert len(acknowledged) > 900
    assert set(Counter(sent).values()) == {1}


def test_a_file_system_that_takes_no_more_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    statuses = {}
    with Started(tmp_path / "landing", file_limit=20_000) as started:
        for number in range(12):
            statuses[f"s{number}"] = _post(started.port, protobuf(f"s{number}", text="x" * 4500))
        statuses["large"] = _post(started.port, protobuf("large", text="x" * 30_000))
    assert statuses["large"] == 503
    taken = [name for name, status in statuses.items() if status == 200]
    assert len(taken) == 10  # four fit into a file; each fifth is refused, and ends its file
    assert sorted(spans_in(tmp_path / "landing" / "receiver")) == sorted(taken)
    assert len(finished(tmp_path / "landing" / "receiver")) == 3


def test_a_sender_that_goes_away_costs_nothing(tmp_path: Path) -> None:
    with Started(tmp_path / "landing") as started:
        head = b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: 999\r\n\r\nabc"
        with socket.create_connection(("127.0.0.1", started.port)) as connection:
            connection.sendall(head)
            time.sleep(0.1)
        assert _post(started.port, protobuf("a")) == 200
    assert spans_in(tmp_path / "landing" / "receiver") == ["a"]
    assert "Traceback" not in "".join(started.said)
