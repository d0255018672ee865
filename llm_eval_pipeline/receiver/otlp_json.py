"""Requests in JSON: each kept on a line of its own, letter for letter but for line breaks between its tokens."""

from __future__ import annotations

import orjson

from llm_eval_pipeline.production.readers.json_request import scopes
from llm_eval_pipeline.receiver.breadth import refuse_broad_json
from llm_eval_pipeline.receiver.encoding import Export
from llm_eval_pipeline.receiver.refusals import undecodable


class OtlpJson:
    """OTLP in JSON."""

    media_type = "application/json"
    ending = ".otlp.jsonl"
    start = b'{"resourceSpans":[]}\n'  # so that no first request makes the file look like another source's
    success = b"{}"

    def decode(self, body: bytes) -> Export:
        """Read a request. Its nesting must be that of an export; what stands as a span is not looked at."""
        refuse_broad_json(body)
        try:
            request = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise undecodable(f"the body is no JSON: {error}") from None
        if not isinstance(request, dict):
            raise undecodable("the body is no OTLP trace export: it is no object")
        if request and "resourceSpans" not in request:
            raise undecodable("the body is no OTLP trace export: it has no resourceSpans")
        count = 0
        for scope, spans in scopes(request):
            if isinstance(scope, str):
                raise undecodable(f"the body is no OTLP trace export: {scope}")
            count += len(spans)
        # A line break within a JSON text is written with a backslash, so each bare one stands between tokens.
        return Export(body.replace(b"\n", b" ") + b"\n", count)

    def whole(self, data: bytes) -> int:
        """Where the last line ends that can be read."""
        end = data.rfind(b"\n") + 1
        while end and not _parses(data[data.rfind(b"\n", 0, end - 1) + 1 : end]):
            end = data.rfind(b"\n", 0, end - 1) + 1
        return end

    def failure(self, code: int, why: str) -> bytes:
        """A status in JSON."""
        return orjson.dumps({"code": code, "message": why})


def _parses(data: bytes) -> bool:
    try:
        orjson.loads(data)
    except orjson.JSONDecodeError:
        return False
    return True
