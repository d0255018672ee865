"""The routes: ``POST /v1/traces`` takes spans, ``GET /health`` says whether it does.

Starlette answers everything but what the receiver is there for: on the way of a request with one span it took as much
of the processor as all the rest.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from llm_eval_pipeline.receiver.taking import Receiver

_PATH = "/v1/traces"


def application(receiver: Receiver, beside: AbstractAsyncContextManager[object] | None = None) -> ASGIApp:
    """The application; it looks after the files for as long as it runs, and something else may run beside it."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with receiver.commits, beside or nullcontext():
            yield

    async def health(_: Request) -> Response:
        return JSONResponse(receiver.health(), 503 if receiver.commits.failure else 200)

    routes = [
        Route(_PATH, Response, methods=["POST"]),  # all other methods are refused
        Route("/health", health, methods=["GET"]),
    ]
    others = Starlette(routes=routes, lifespan=lifespan)
    others.router.redirect_slashes = False

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == _PATH and scope["method"] == "POST":
            await receiver.take(scope, receive, send)
        else:
            await others(scope, receive, send)

    return answer
