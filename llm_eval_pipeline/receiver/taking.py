"""One export request, from its head to its answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from llm_eval_pipeline.receiver import bodies
from llm_eval_pipeline.receiver.access import Access
from llm_eval_pipeline.receiver.commits import Commits
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.encoding import Encoding
from llm_eval_pipeline.receiver.otlp_json import OtlpJson
from llm_eval_pipeline.receiver.otlp_protobuf import OtlpProtobuf
from llm_eval_pipeline.receiver.refusals import RefusedError
from llm_eval_pipeline.receiver.room import Room

ENCODINGS: tuple[Encoding, ...] = (OtlpProtobuf(), OtlpJson())

_BY_TYPE = {encoding.media_type.encode(): encoding for encoding in ENCODINGS}
_Headers = dict[bytes, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What takes spans: who may send, how much, and where it goes."""

    access: Access
    max_body: int
    room: Room
    commits: Commits
    counts: Counts

    async def take(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one export; the answer is 200 when its spans are on disk."""
        headers: _Headers = dict(scope["headers"])
        encoding = _BY_TYPE.get(headers.get(b"content-type", b"").partition(b";")[0].strip().lower())
        try:
            self.access.check(headers.get(b"authorization"))
            if encoding is None:
                raise RefusedError(415, "unsupported", f"the content type must be {b' or '.join(_BY_TYPE).decode()}")
            spans, size = await self._store(headers, receive, encoding)
        except RefusedError as refusal:
            self.counts.refuse(refusal)
            await _answer(send, refusal.status, encoding or OtlpJson(), refusal)
        else:
            self.counts.take(spans, size)
            await _answer(send, 200, encoding)

    def health(self) -> dict[str, Any]:
        """Whether spans are taken, and what was done since the start."""
        return {
            "takes_traces": not self.commits.failure,
            "why_not": self.commits.failure or None,
            "requests": self.counts.requests,
            "spans": self.counts.spans,
            "bytes": self.counts.bytes,
            "refused": dict(self.counts.refused),
            "files": self.counts.files,
            "under_way": {"requests": self.room.requests, "bytes": self.room.size},
        }

    async def _store(self, headers: _Headers, receive: Receive, encoding: Encoding) -> tuple[int, int]:
        """The spans and bytes of a body that is on disk."""
        packing = headers.get(b"content-encoding", b"").strip().lower()
        if packing not in (b"gzip", b"identity", b""):
            raise RefusedError(415, "unsupported", "the content encoding must be gzip or none")
        length = headers.get(b"content-length", b"")
        if length.isdigit() and int(length) > self.max_body:
            raise bodies.too_large(self.max_body)
        with self.room.place() as place:
            body = await bodies.read(_pieces(receive), packed=packing == b"gzip", limit=self.max_body, place=place)
            export = encoding.decode(body)
            if export.spans:
                await self.commits.put(encoding, export.record)
            return export.spans, len(body)


async def _pieces(receive: Receive) -> AsyncIterator[bytes]:
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise RefusedError(408, "gone", "the sender went away, or took too long, before the body was whole")
        more = message.get("more_body", False)
        yield message.get("body", b"")


async def _answer(send: Send, status: int, encoding: Encoding, refusal: RefusedError | None = None) -> None:
    body = encoding.failure(refusal.code, refusal.why) if refusal else encoding.success
    headers = [(b"content-type", encoding.media_type.encode()), (b"content-length", b"%d" % len(body))]
    if refusal and refusal.retry:
        headers.append((b"retry-after", b"%d" % refusal.retry.after_s))
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
