"""A receiver in this process, for as long as a ``with`` block lasts, and raw requests to it."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from pydantic import SecretStr

from llm_eval_pipeline.receiver.access import Access
from llm_eval_pipeline.receiver.commits import Commits
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.files import Rotation, SpanFiles
from llm_eval_pipeline.receiver.open_file import Disk
from llm_eval_pipeline.receiver.room import Room
from llm_eval_pipeline.receiver.serving import ReceivingServer, listen
from llm_eval_pipeline.receiver.taking import ENCODINGS, Receiver

JSON, PROTOBUF = "application/json", "application/x-protobuf"


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class Running:
    """Listens on a free port; its files are finished when the block is left."""

    def __init__(
        self,
        folder: Path,
        *,
        token: str = "",
        max_body: int = 1 << 20,
        requests: int = 64,
        memory: int = 8 << 20,
        rotation: Rotation | None = None,
        disk: Disk | None = None,
        pace_s: float = 0.05,
    ) -> None:
        self._made = (folder, token, max_body, requests, memory, rotation, disk)
        self._pace_s = pace_s
        self.counts = Counts()

    def __enter__(self) -> Running:
        folder, token, max_body, requests, memory, rotation, disk = self._made
        files = SpanFiles(folder, ENCODINGS, self.counts, rotation, disk)
        self.receiver = Receiver(
            access=Access(SecretStr(token)),
            max_body=max_body,
            room=Room(requests=requests, size=memory),
            commits=Commits(files, self.counts, self._pace_s),
            counts=self.counts,
        )
        self._socket = listen("127.0.0.1", 0)
        self.port = self._socket.getsockname()[1]
        self._server = ReceivingServer(self.receiver)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],))
        self._thread.start()
        until(lambda: self._server.started)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> Answer:
        """One request on a connection of its own; ``_`` stands for ``-`` in the names of headers."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, named)
            answer = connection.getresponse()
            named = {name.lower(): value for name, value in answer.getheaders()}
            return Answer(answer.status, named, answer.read())
        finally:
            connection.close()

    def post(self, body: Any, kind: str = PROTOBUF, **headers: str) -> Answer:
        return self.ask("POST", "/v1/traces", body, Content_Type=kind, **headers)

    def health(self) -> dict[str, Any]:
        return orjson.loads(self.ask("GET", "/health").body)


def until(holds: Any, seconds: float = 15) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come true in time"
        time.sleep(0.01)


def protobuf(*names: str, at: str = "2026-03-30T12:00:00", **attributes: str) -> bytes:
    """A request in protobuf with a span of each name, whose ids are made of it."""
    from llm_eval_pipeline_tests.production.otlp import hex_id, nanoseconds

    made = ExportTraceServiceRequest()
    group = made.resource_spans.add().scope_spans.add()
    for name in names:
        span = group.spans.add(
            trace_id=bytes.fromhex(hex_id(name, 32)),
            span_id=bytes.fromhex(hex_id(name, 16)),
            name=name,
            start_time_unix_nano=nanoseconds(at),
            end_time_unix_nano=nanoseconds(at) + 1000,
        )
        for key, value in attributes.items():
            span.attributes.add(key=key).value.string_value = value
    return made.SerializeToString()


def finished(folder: Path) -> list[Path]:
    """The files that have their final names."""
    return sorted(path for path in folder.iterdir() if not path.name.startswith("."))


def spans_in(folder: Path) -> list[str]:
    """The names of the spans in finished files, as the landing's readers see them."""
    from llm_eval_pipeline.production.landing import READERS
    from llm_eval_pipeline.production.readers.unpacking import beginning

    names = []
    for path in finished(folder):
        reader = next(reader for reader in READERS if reader.accepts(path.name, beginning(path)))
        with path.open("rb") as file:
            names += [record.span().name for record in reader.records(file, path.name)]
    return names
