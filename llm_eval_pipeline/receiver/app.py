"""The routes: ``POST /v1/traces`` takes spans, ``GET /health`` says whether it does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from llm_eval_pipeline.receiver import bodies
from llm_eval_pipeline.receiver.access import Access
from llm_eval_pipeline.receiver.commits import Commits
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.encoding import Encoding
from llm_eval_pipeline.receiver.otlp_json import OtlpJson
from llm_eval_pipeline.receiver.otlp_protobuf import OtlpProtobuf
from llm_eval_pipeline.receiver.refusals import RefusedError
from llm_eval_pipeline.receiver.room import Place, Room

ENCODINGS: tuple[Encoding, ...] = (OtlpProtobuf(), OtlpJson())
_BY_TYPE = {encoding.media_type: encoding for encoding in ENCODINGS}
_BODY_S = 30.0
"""Seconds that a body may take to come."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receiver:
    """What takes spans: who may send, how much, and where it goes."""

    access: Access
    max_body: int
    room: Room
    commits: Commits
    counts: Counts
    body_s: float = _BODY_S

    async def take(self, request: Request) -> Response:
        """Take one export; the answer is 200 when its spans are on disk."""
        encoding = _encoding(request)
        try:
            spans, size = await self._store(request, encoding)
        except RefusedError as refusal:
            self.counts.refuse(refusal)
            return _refusal(refusal, encoding or _BY_TYPE["application/json"])
        assert encoding is not None
        self.counts.take(spans, size)
        return Response(encoding.success, media_type=encoding.media_type)

    async def health(self, request: Request) -> Response:
        """Whether spans are taken, and what was done since the start."""
        told = {
            "takes_traces": not self.commits.failure,
            "why_not": self.commits.failure or None,
            "requests": self.counts.requests,
            "spans": self.counts.spans,
            "bytes": self.counts.bytes,
            "refused": dict(self.counts.refused),
            "files": self.counts.files,
            "under_way": {"requests": self.room.requests, "bytes": self.room.size},
        }
        return JSONResponse(told, 503 if self.commits.failure else 200)

    async def _store(self, request: Request, encoding: Encoding | None) -> tuple[int, int]:
        """The spans and bytes of a body that is on disk."""
        self.access.check(request.headers.get("authorization"))
        if encoding is None:
            raise RefusedError(415, "unsupported", f"the content type must be {' or '.join(_BY_TYPE)}")
        packing = request.headers.get("content-encoding", "identity").strip().lower()
        if packing not in ("gzip", "identity", ""):
            raise RefusedError(415, "unsupported", "the content encoding must be gzip or none")
        length = request.headers.get("content-length", "")
        if length.isdecimal() and int(length) > self.max_body:
            raise bodies.too_large(self.max_body)
        with self.room.place() as place:
            body = await self._body(request, packing == "gzip", place)
            export = encoding.decode(body)
            if export.spans:
                await self.commits.put(encoding, export.record)
            return export.spans, len(body)

    async def _body(self, request: Request, packed: bool, place: Place) -> bytes:
        try:
            async with asyncio.timeout(self.body_s):
                return await bodies.read(request.stream(), packed=packed, limit=self.max_body, place=place)
        except TimeoutError:
            raise RefusedError(408, "slow", f"the body took more than {self.body_s:.0f} seconds to come") from None
        except ClientDisconnect:
            raise RefusedError(408, "gone", "the sender went away before the body was whole") from None


def application(receiver: Receiver, beside: AbstractAsyncContextManager[object] | None = None) -> Starlette:
    """The application; it looks after the files for as long as it runs, and something else may run beside it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with receiver.commits, beside or nullcontext():
            yield

    routes = [Route("/v1/traces", receiver.take, methods=["POST"]), Route("/health", receiver.health, methods=["GET"])]
    made = Starlette(routes=routes, lifespan=lifespan)
    made.router.redirect_slashes = False
    return made


def _encoding(request: Request) -> Encoding | None:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return _BY_TYPE.get(kind)


def _refusal(refusal: RefusedError, encoding: Encoding) -> Response:
    headers = {"Retry-After": str(refusal.retry.after_s)} if refusal.retry else {}
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    body = encoding.failure(refusal.code, refusal.why)
    return Response(body, refusal.status, headers, encoding.media_type)
