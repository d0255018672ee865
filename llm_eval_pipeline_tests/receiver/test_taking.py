from __future__ import annotations

import gzip
import socket
import time
import zlib
from pathlib import Path

import orjson
import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceResponse,
)

from llm_eval_pipeline.production.readers.framing import frames
from llm_eval_pipeline.receiver import connections
from llm_eval_pipeline.receiver.files import Rotation
from llm_eval_pipeline_tests.production.otlp import request, trace
from llm_eval_pipeline_tests.receiver.running import JSON, PROTOBUF, Running, finished, protobuf, spans_in, until

BOMB = gzip.compress(bytes(200 << 20), 9)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "receiver"


def json(name: str) -> bytes:
    return orjson.dumps(request(trace(name)))


def test_both_encodings_plain_and_gzip_are_answered_in_kind_and_read_by_the_landing(folder: Path) -> None:
    with Running(folder) as running:
        for body, kind, response in ((protobuf("p"), PROTOBUF, b""), (json("j"), JSON, b"{}")):
            for packed in (body, gzip.compress(body), gzip.compress(body[:9]) + gzip.compress(body[9:])):
                encoding = {} if packed is body else {"Content_Encoding": "gzip"}
                answer = running.post(packed, kind, **encoding)
                assert (answer.status, answer.headers["content-type"], answer.body) == (200, kind, response)
        assert ExportTraceServiceResponse.FromString(b"") == ExportTraceServiceResponse()
    assert sorted(spans_in(folder)) == ["chat"] * 3 + ["p"] * 3 + ["pipeline"] * 3


def test_a_200_is_on_disk_before_it_is_said(folder: Path) -> None:
    with Running(folder) as running:
        assert running.post(protobuf("one")).status == 200
        (path,) = folder.glob(".*.pb")
        assert protobuf("one") in path.read_bytes()


def test_a_content_type_may_have_parameters_and_any_case(folder: Path) -> None:
    with Running(folder) as running:
        assert running.post(json("t"), "Application/JSON; charset=utf-8").status == 200


def test_json_over_many_lines_stays_as_it_was_but_for_line_breaks(folder: Path) -> None:
    whole = orjson.dumps(request(trace("t")), option=orjson.OPT_INDENT_2).replace(b'"pipeline"', b'"a\\nb \\u00fc"')
    with Running(folder) as running:
        assert running.post(whole, JSON).status == 200
        assert running.post(json("other"), JSON).status == 200
    (path,) = finished(folder)
    assert path.read_bytes().splitlines()[1] == whole.replace(b"\n", b" ")
    assert spans_in(folder)[0] == "a\nb ü"


@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (b"\xff\xff\xff", PROTOBUF, "no OTLP trace export in protobuf"),
        (protobuf("name").replace(b"name", b"\xff\xfe\xfd\xfc"), PROTOBUF, "no OTLP trace export in protobuf"),
        (protobuf("cut")[:-3], PROTOBUF, "no OTLP trace export in protobuf"),
        (b"{", JSON, "no JSON"),
        (b'{"resourceSpans":[{"x":"\xff"}]}', JSON, "no JSON"),
        (b"", JSON, "no JSON"),
        (b"[" * 100_000, JSON, "no JSON"),
        (b"[]", JSON, "it is no object"),
        (b'{"resourceLogs":[]}', JSON, "it has no resourceSpans"),
        (b'{"resourceSpans":[{"scopeSpans":"x"}]}', JSON, "scopeSpans must be a list"),
        (b'{"resourceSpans":[7]}', JSON, "resourceSpans must hold objects"),
    ],
)
def test_what_cannot_be_decoded_is_400_with_a_status_and_costs_nobody_else(
    folder: Path, body: bytes, kind: str, said: str
) -> None:
    with Running(folder) as running:
        assert running.post(protobuf("before")).status == 200
        answer = running.post(body, kind)
        assert running.post(protobuf("after")).status == 200
        assert running.health()["refused"] == {"undecodable": 1}
    status = Status.FromString(answer.body) if kind == PROTOBUF else Status(**orjson.loads(answer.body))
    assert (answer.status, answer.headers["content-type"], status.code) == (400, kind, 3)  # INVALID_ARGUMENT
    assert said in status.message
    assert "retry-after" not in answer.headers
    assert spans_in(folder) == ["before", "after"]


def test_a_span_is_not_judged_here(folder: Path) -> None:
    body = orjson.dumps(request([{"traceId": "no id", "startTimeUnixNano": -1}, None, 7]))
    with Running(folder) as running:
        assert running.post(body, JSON).status == 200
        assert running.health()["spans"] == 3


@pytest.mark.parametrize(("body", "kind"), [(b"", PROTOBUF), (b"{}", JSON), (b'{"resourceSpans":[]}', JSON)])
def test_an_export_of_nothing_is_taken_and_leaves_no_file(folder: Path, body: bytes, kind: str) -> None:
    with Running(folder) as running:
        assert running.post(body, kind).status == 200
    assert list(folder.iterdir()) == []


def test_no_first_request_hides_that_a_file_has_many(folder: Path) -> None:
    # ten bytes long: as a length of one byte, 10 would say that the whole file is one request
    tiny = bytes.fromhex("0a08120612042a026162")
    assert len(tiny) == 10
    with Running(folder) as running:
        assert [running.post(tiny).status, running.post(protobuf("next")).status] == [200, 200]
    data = finished(folder)[0].read_bytes()
    assert [data[start:end] for start, end in frames(data)] == [tiny, protobuf("next")]


def test_no_first_request_makes_a_file_look_like_mlflows(folder: Path) -> None:
    spans = orjson.dumps(request(trace("t"))["resourceSpans"])
    with Running(folder) as running:
        assert (
            running.post(b'{"info":{},"x":"' + b"x" * 9000 + b'","resource\\u0053pans":' + spans + b"}", JSON).status
            == 200
        )
        assert running.post(json("next"), JSON).status == 200
    assert spans_in(folder) == ["pipeline", "chat"] * 2


def test_ten_thousand_attributes_are_taken_whole(folder: Path) -> None:
    body = protobuf("wide", **{f"a{i}": "x" * 20 for i in range(10_000)})
    with Running(folder) as running:
        assert running.post(body).status == 200
    (path,) = finished(folder)
    assert path.read_bytes().endswith(body)


@pytest.mark.parametrize("sized", [True, False])
def test_a_body_over_the_limit_is_413(folder: Path, sized: bool) -> None:
    body = bytes((1 << 20) + 1)
    with Running(folder) as running:
        answer = running.post(body if sized else iter([body[:70_000]] * 20))
        assert answer.status == 413
        assert "LLM_EVAL_RECEIVER_MAX_BODY_MB" in Status.FromString(answer.body).message
        assert running.post(protobuf("next")).status == 200
        assert running.health()["under_way"] == {"requests": 0, "bytes": 0}


def test_a_bomb_is_unpacked_no_further_than_the_limit(folder: Path) -> None:
    import tracemalloc

    assert len(BOMB) < 1 << 18
    with Running(folder) as running:
        tracemalloc.start()
        answer = running.post(BOMB, Content_Encoding="gzip")
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert answer.status == 413
    assert peak < 8 << 20  # of 200 MiB


@pytest.mark.parametrize("damaged", [b"no gzip", gzip.compress(protobuf("x"))[:-4], gzip.compress(b"x") + b"more"])
def test_damaged_gzip_is_400(folder: Path, damaged: bytes) -> None:
    with Running(folder) as running:
        assert running.post(damaged, Content_Encoding="gzip").status == 400


def test_a_stretch_that_unpacks_to_whole_steps_loses_nothing(folder: Path) -> None:
    body = protobuf("big", text="y" * ((2 << 20) - 60))
    with Running(folder, max_body=4 << 20) as running:
        for level in (0, 1, 9):
            assert running.post(gzip.compress(body, level), Content_Encoding="gzip").status == 200
    assert finished(folder)[0].read_bytes().count(body) == 3


@pytest.mark.parametrize(
    ("kind", "encoding"), [("text/plain", "identity"), ("", "identity"), (PROTOBUF, "deflate"), (JSON, "br")]
)
def test_other_types_and_encodings_are_415(folder: Path, kind: str, encoding: str) -> None:
    with Running(folder) as running:
        answer = running.post(zlib.compress(b"x"), kind, Content_Encoding=encoding)
        assert answer.status == 415


def test_other_paths_are_404_and_other_methods_405(folder: Path) -> None:
    with Running(folder) as running:
        assert running.ask("POST", "/v1/logs", b"").status == 404
        assert running.ask("POST", "/v1/traces/", b"").status == 404
        answer = running.ask("GET", "/v1/traces")
        assert (answer.status, answer.headers["allow"]) == (405, "POST")
        assert running.ask("DELETE", "/health").status == 405


def test_a_token_must_be_the_right_one(folder: Path) -> None:
    with Running(folder, token="s3cret-t0ken") as running:
        for header in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "s3cret-t0ken"}):
            answer = running.post(protobuf("x"), **header)
            assert (answer.status, answer.headers["www-authenticate"]) == (401, "Bearer")
            assert b"s3cret" not in answer.body
        assert running.post(protobuf("y"), Authorization="bearer s3cret-t0ken").status == 200
        assert running.ask("GET", "/health").status == 200
        assert b"s3cret" not in running.ask("GET", "/health").body
    assert spans_in(folder) == ["y"]


def test_health_counts_what_was_done(folder: Path) -> None:
    with Running(folder, rotation=Rotation(quiet_s=0.1)) as running:
        body = protobuf("a", "b")
        running.post(body)
        running.post(b"\xff")
        until(lambda: running.health()["files"] == 1)
        told = running.health()
    assert told == {
        "takes_traces": True,
        "why_not": None,
        "requests": 1,
        "spans": 2,
        "bytes": len(body),
        "refused": {"undecodable": 1},
        "files": 1,
        "under_way": {"requests": 0, "bytes": 0},
    }


def _closed_after(port: int, start: bytes, more: bytes, most: int) -> int:
    """How many bytes a connection takes before it is closed."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(start)
        try:
            while sent < most:
                connection.sendall(more)
                sent += len(more)
        except (BrokenPipeError, ConnectionResetError):
            pass
    return sent


@pytest.mark.parametrize("more", [b"x" * 65536, b"x: " + b"y" * 500 + b"\r\n"])
def test_an_endless_head_ends(folder: Path, more: bytes) -> None:
    with Running(folder) as running:
        assert _closed_after(running.port, b"POST /v1/traces HTTP/1.1\r\nx: ", more, 32 << 20) < 16 << 20
        assert running.post(protobuf("next")).status == 200


def test_an_endless_body_ends(folder: Path) -> None:
    head = b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"10000\r\n" + bytes(65536) + b"\r\n"
    with Running(folder) as running:
        sent = _closed_after(running.port, head, chunk, 200 << 20)
        assert sent < connections.MOST_DISCARDED + (16 << 20)
        assert running.health()["refused"] == {"too_large": 1}


def test_a_request_that_takes_too_long_is_given_up(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_S", 0.2)
    head = b"POST /v1/traces HTTP/1.1\r\nContent-Type: application/x-protobuf\r\nContent-Length: 9\r\n\r\nabc"
    with Running(folder) as running:
        for sent in (b"", b"POST", head):
            with socket.create_connection(("127.0.0.1", running.port), timeout=10) as connection:
                connection.sendall(sent)
                begun = time.monotonic()
                assert connection.recv(1) == b""
                assert time.monotonic() - begun < 5
        until(lambda: running.health()["under_way"]["requests"] == 0)
        assert running.health()["refused"] == {"gone": 1}
