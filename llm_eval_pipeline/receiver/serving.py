"""The receiver as a process: listens, takes spans until it is told to stop, and leaves finished files behind."""

from __future__ import annotations

import asyncio
import errno
import logging
import socket
from collections.abc import Sequence
from pathlib import Path

import uvicorn
from pydantic import SecretStr

from llm_eval_pipeline.receiver.access import Access, ReceiverError, refuse_open_door
from llm_eval_pipeline.receiver.app import application
from llm_eval_pipeline.receiver.beside import Beside
from llm_eval_pipeline.receiver.commits import Commits
from llm_eval_pipeline.receiver.connections import BoundedConnection
from llm_eval_pipeline.receiver.counts import Counts
from llm_eval_pipeline.receiver.files import SpanFiles
from llm_eval_pipeline.receiver.room import Room
from llm_eval_pipeline.receiver.taking import ENCODINGS, Receiver

_log = logging.getLogger(__name__)
_BACKLOG = 2048


def serve(
    folder: Path,
    *,
    host: str,
    port: int,
    token: SecretStr,
    max_body: int,
    requests: int,
    memory: int,
    command: Sequence[str] = (),
) -> int:
    """Take spans into files of ``folder`` until a signal comes, or ``command``, which runs beside it, ends.

    Args:
        folder: where the files go, below the landing folder.
        host: the address to listen at.
        port: 0 takes a free one.
        token: what requests must carry; empty: nothing.
        max_body: bytes of a body at the most, as it comes and unpacked.
        requests: requests under way at the most.
        memory: bytes of bodies under way at the most.
        command: run beside it; none when empty.

    Returns:
        The exit code: the command's when it ended by itself, and 0 otherwise.

    Raises:
        ReceiverError: when it cannot listen there, or has nowhere to put spans.
    """
    refuse_open_door(host, token)
    listening = listen(host, port)
    counts = Counts()
    try:
        commits = Commits(SpanFiles(folder, ENCODINGS, counts), counts)
    except OSError as error:
        listening.close()
        raise ReceiverError(f"{folder} cannot hold spans ({error.strerror}): set LLM_EVAL_TRACES to yours") from error
    room = Room(requests=requests, size=memory)
    receiver = Receiver(access=Access(token), max_body=max_body, room=room, commits=commits, counts=counts)
    beside = Beside(command) if command else None
    server = ReceivingServer(receiver, beside)
    shown = f"[{host}]" if ":" in host else host
    _log.info("takes OTLP at http://%s:%d/v1/traces into %s", shown, listening.getsockname()[1], folder)
    try:
        server.run(sockets=[listening])
    except KeyboardInterrupt:
        _log.info("stopped")
        return 0
    return (beside.code or 0) if beside else 0


class ReceivingServer(uvicorn.Server):
    """A server that closes connections that are late, and stops when what runs beside it has ended."""

    def __init__(self, receiver: Receiver, beside: Beside | None = None) -> None:
        super().__init__(
            uvicorn.Config(
                application(receiver, beside),
                http=BoundedConnection,
                ws="none",
                lifespan="on",
                log_config=None,
                log_level="error",
                access_log=False,
                proxy_headers=False,
                server_header=False,
                backlog=_BACKLOG,
                timeout_keep_alive=75,  # seconds; exporters send every five or so
                timeout_graceful_shutdown=10,
            )
        )
        self._beside = beside
        receiver.commits.most = lambda: min(len(self.server_state.connections), receiver.room.most_requests)

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; asked ten times a second."""
        if counter % 10 == 0:
            now = asyncio.get_running_loop().time()
            for connection in list(self.server_state.connections):
                if isinstance(connection, BoundedConnection):
                    connection.close_if_late(now)
        return await super().on_tick(counter) or (self._beside is not None and self._beside.code is not None)


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there; port 0 takes a free one.

    Raises:
        ReceiverError: when it cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            why = (
                f"port {port} of {host} is taken: set LLM_EVAL_RECEIVER_PORT to a free one, or stop what listens there"
            )
        else:
            why = f"the receiver cannot listen at {host}, port {port} ({error.strerror}): see LLM_EVAL_RECEIVER_HOST"
        raise ReceiverError(why) from None
