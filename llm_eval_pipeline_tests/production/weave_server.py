"""A trace server on loopback that answers ``POST /calls/stream_query`` as Weave's does: sorted, paged, JSON lines."""

from __future__ import annotations

import base64
import threading
from collections.abc import Sequence
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

import orjson

KEY = "k" * 40


class WeaveDouble:
    """Serves calls for as long as the ``with`` block lasts.

    Attributes:
        calls: what there is; a test may add to it.
        refusals: statuses and headers to answer with first, one request each; status 0 breaks a stream off after
            two calls.
        queries: what was asked.
    """

    def __init__(
        self, calls: Sequence[dict[str, Any]] = (), refusals: Sequence[tuple[int, dict[str, str]]] = ()
    ) -> None:
        self.calls, self.refusals = list(calls), list(refusals)
        self.queries: list[dict[str, Any]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> WeaveDouble:
        """Listen."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def found(self, query: dict[str, Any]) -> list[dict[str, Any]]:
        """The page that a query asks for."""
        field, literal = query["query"]["$expr"]["$gte"]
        assert field == {"$getField": "started_at"}
        assert [each["field"] for each in query["sort_by"]] == ["started_at", "id"]
        at = {each["id"]: datetime.fromisoformat(each["started_at"]).timestamp() for each in self.calls}
        there = [each for each in self.calls if at[each["id"]] >= literal["$literal"]]
        there.sort(key=lambda each: (at[each["id"]], each["id"]))
        return there[query["offset"] :][: query["limit"]]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        double = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                query = orjson.loads(self.rfile.read(int(self.headers["Content-Length"])))
                double.queries.append(query)
                status, headers = double.refusals.pop(0) if double.refusals else (200, {})
                expected = f"Basic {base64.b64encode(f'api:{KEY}'.encode()).decode()}"
                if self.path != "/calls/stream_query" or query["project_id"] != "team/app":
                    status = 404
                elif self.headers["Authorization"] != expected:
                    status = 401
                if status not in (0, 200):
                    self._refuse(status, headers)
                    return
                self.send_response(200)
                self.send_header("Content-Type", "application/jsonl")
                self.send_header("Transfer-Encoding", "chunked")
                self.end_headers()
                lines = [orjson.dumps(each) + b"\n" for each in double.found(query)]
                for line in lines if status else lines[:2]:
                    self._chunk(line)
                if status:
                    self._chunk(b"")
                else:
                    self.wfile.write(b"ffff\r\n{")
                    self.close_connection = True

            def _chunk(self, data: bytes) -> None:
                self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")

            def _refuse(self, status: int, headers: dict[str, str]) -> None:
                body = orjson.dumps({"reason": "no", "sent": self.headers["Authorization"], "key": KEY})
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        return Handler
