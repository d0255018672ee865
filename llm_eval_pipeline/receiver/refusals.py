"""Why a request is not taken, as the OTLP specification has it: a status, a sentence, and whether to come again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["undecodable", "too_large", "unsupported", "unauthorised", "saturated", "disk", "gone"]

_GRPC_CODES = {400: 3, 401: 16, 408: 4, 413: 3, 415: 3, 429: 8, 503: 14}


@dataclass(frozen=True, slots=True)
class Retry:
    """When to come again, in seconds."""

    after_s: int


class RefusedError(Exception):
    """A request that is not taken. The text says why and what to do, and holds nothing of the request's body."""

    def __init__(self, status: int, kind: Kind, why: str, retry: Retry | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.kind = kind
        self.why = why
        self.retry = retry

    @property
    def code(self) -> int:
        """The code of ``google.rpc.Status`` that goes with the HTTP status."""
        return _GRPC_CODES[self.status]


def undecodable(why: str) -> RefusedError:
    """A body that is no export of traces; sending it again would not help."""
    return RefusedError(400, "undecodable", why)


def saturated(why: str) -> RefusedError:
    """More is under way than may be; a little later there is room again."""
    return RefusedError(429, "saturated", why, Retry(1))
