"""One address over HTTP: a pool of connections, bounded bodies, and errors that hold no secret.

Belongs here: what every client that posts JSON shares. Does not belong here: what is posted and what the answer means
(one file per API), or when a call is made again (``ledger/``).
"""

from __future__ import annotations

import io
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from types import TracebackType
from typing import Any, Self

import aiohttp
import orjson
from pydantic import SecretStr
from yarl import URL

from llm_eval_pipeline.clients.bounded_body import LONGEST_BODY, read_on, too_long, whole_body
from llm_eval_pipeline.clients.chat import ChatError, RetryLaterError
from llm_eval_pipeline.clients.endpoint_address import EndpointError, address
from llm_eval_pipeline.clients.endpoint_failures import cause_of, lost, redirected, refused
from llm_eval_pipeline.clients.event_stream import Event, EventParser

_LONGEST_REFUSAL = 64 * 2**10
_SENT_AT_ONCE = 2**20
"""In bytes; aiohttp warns of larger ones, which would hold up the loop, and sends them from a file in pieces."""


class Endpoint:
    """One URL that takes JSON by POST.

    Args:
        base_url: of the API, with its version. A query is kept; a user and a password are sent as basic authorization.
        path: what is added to the base URL's path.
        api_key: empty for endpoints that ask for none.
        timeout_s: the longest one request may take, answer included, in seconds.
        version: what the base URL's path ends with; added where it does not.
        key_header: the header that carries the key, and what stands before it there.
        headers: further ones, of every request.

    Raises:
        EndpointError: when the address is no HTTP URL, or the key cannot stand in a header.
    """

    def __init__(
        self,
        base_url: str,
        path: str,
        api_key: SecretStr,
        timeout_s: float,
        *,
        version: str = "",
        key_header: tuple[str, str] = ("Authorization", "Bearer "),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        url, self.name = address(base_url, version, path)
        self._url = URL(url)  # made once: aiohttp would make it anew for each request
        self._key = api_key
        self._key_header = key_header
        self._headers = {"Content-Type": "application/json", **(headers or {})}
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None
        key = api_key.get_secret_value()
        if not key.isascii() or not key.isprintable() or key != key.strip():
            raise EndpointError(f"the key for {self.name} holds a space, a line break or a letter that no header takes")
        if key and key_header[0] == "Authorization" and self._url.user is not None:
            raise EndpointError(f"the address of {self.name} names a user, and there is a key: only one can be sent")

    async def __aenter__(self) -> Endpoint:
        """Open the pool."""
        name, before = self._key_header
        key = self._key.get_secret_value()
        if self._session is not None:
            raise RuntimeError(f"the client of {self.name} is in use: one client serves one asking at a time")
        self._session = aiohttp.ClientSession(
            timeout=self._timeout,
            headers={**self._headers, name: f"{before}{key}"} if key else self._headers,
            connector=aiohttp.TCPConnector(limit=0),  # how many are under way is the ledger's to say
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, who: str, body: Mapping[str, Any]) -> tuple[bytes, float]:
        """Post ``body``; ``who`` is the model that errors name.

        Returns:
            The answer's body, and the time from sending to its end in milliseconds.

        Raises:
            RetryLaterError: on 408, 409, 425, 429 and 5xx, a lost connection, a body cut short or a time-out.
            ChatError: on any other status but 200, a body over ``LONGEST_BODY``, and a request that is no JSON.
        """
        content = self._content(who, body)
        started = time.perf_counter()
        try:
            async with self._opened().post(self._url, data=content, allow_redirects=False) as reply:
                if reply.status != 200:
                    raise await self._refusal(who, reply)
                payload = await whole_body(who, reply)
        except (TimeoutError, aiohttp.ClientError) as error:
            raise lost(f"{who} at {self.name}", error, self.quoted) from cause_of(error)
        return payload, (time.perf_counter() - started) * 1000

    async def events(
        self, who: str, body: Mapping[str, Any], is_last: Callable[[bytes], bool]
    ) -> AsyncGenerator[Event]:
        """Post ``body``, and give the events of the answer as they come, up to the one that ``is_last``.

        An endpoint that does not stream answers with one document, which is given as one event, marked as ``whole``.

        Raises:
            RetryLaterError: as :meth:`post`, and when the stream ends in the middle of a line.
            ChatError: as :meth:`post`.
        """
        content, parser = self._content(who, body), EventParser()
        started = time.perf_counter()
        try:
            async with self._opened().post(self._url, data=content, allow_redirects=False) as reply:
                if reply.status != 200:
                    raise await self._refusal(who, reply)
                if reply.content_type != "text/event-stream":
                    yield Event(await whole_body(who, reply), (time.perf_counter() - started) * 1000, whole=True)
                    return
                length = 0
                while piece := await reply.content.readany():
                    length += len(piece)
                    if length > LONGEST_BODY:
                        raise too_long(who, reply)
                    for event in parser.feed(piece, (time.perf_counter() - started) * 1000):
                        yield event
                        if is_last(event.data):
                            await read_on(reply)
                            return
        except (TimeoutError, aiohttp.ClientError) as error:
            raise lost(f"{who} at {self.name}", error, self.quoted) from cause_of(error)
        at_ms = (time.perf_counter() - started) * 1000
        for event in parser.end(at_ms):
            yield event
        rest = parser.half_line.removeprefix(b"data:").strip()
        if is_last(rest):
            yield Event(rest, at_ms)
        elif rest:
            raise RetryLaterError(f"{who} at {self.name}: the stream broke off in the middle of a line")

    def quoted(self, text: str) -> str:
        """Text of the endpoint's that may be shown: some gateways repeat the key that they refuse."""
        key = self._key.get_secret_value()
        return text.replace(key, "[key]") if key else text

    def _opened(self) -> aiohttp.ClientSession:
        assert self._session is not None, "enter the client before calling it"
        return self._session

    def _content(self, who: str, body: Mapping[str, Any]) -> aiohttp.Payload:
        try:
            content = orjson.dumps(body)
        except TypeError as error:
            raise ChatError(f"{who}: the request cannot be written as JSON ({error}); correct the text") from error
        if len(content) <= _SENT_AT_ONCE:
            return aiohttp.BytesPayload(content)
        return aiohttp.BytesIOPayload(io.BytesIO(content))

    async def _refusal(self, who: str, reply: aiohttp.ClientResponse) -> ChatError:
        payload = b""
        while len(payload) < _LONGEST_REFUSAL and (piece := await reply.content.readany()):
            payload += piece
        if not reply.content.at_eof():
            reply.close()
        if 300 <= reply.status < 400:
            return redirected(f"{who} at {self.name}", reply.status, reply.headers.get("Location", ""), self.quoted)
        return refused(who, reply.status, self.quoted(payload.decode("utf-8", "replace")), reply.headers)


class OverEndpoint:
    """A client whose connections are those of one endpoint."""

    _endpoint: Endpoint

    async def __aenter__(self) -> Self:
        """Open the pool."""
        await self._endpoint.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the pool."""
        await self._endpoint.__aexit__(kind, error, trace)
