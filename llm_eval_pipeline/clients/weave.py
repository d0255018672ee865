"""W&B Weave's trace server: the calls of a project as a stream of JSON lines, over HTTP.

Belongs here: one request and its answer. Does not belong here: which calls are asked for, and when a request is made
again (``production/sources/weave.py``).
"""

from __future__ import annotations

import base64
import http.client
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic import SecretStr

from llm_eval_pipeline.clients.chat import ChatError, RetryLaterError
from llm_eval_pipeline.clients.endpoint_address import address
from llm_eval_pipeline.clients.endpoint_failures import refused

_LONGEST_LINE = 64 << 20
"""In bytes. Weave itself takes no call of more than a few MiB."""
_LONGEST_REFUSAL = 1 << 12
_WHEN = ("Retry-After", "retry-after-ms", "x-should-retry")


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected becomes a GET that takes the key to another host."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing, so that the redirect is the answer."""


class WeaveServer:
    """One trace server.

    Args:
        url: such as ``https://trace.wandb.ai``.
        api_key: W&B's; empty for a server that asks for none.
        timeout_s: the longest wait for the next bytes, in seconds.

    Raises:
        EndpointError: when the address is no HTTP URL.
    """

    def __init__(self, url: str, api_key: SecretStr, timeout_s: float) -> None:
        self._url, self.name = address(url, "", "/calls/stream_query")
        self._key = api_key
        self._timeout_s = timeout_s

    def calls(self, query: Mapping[str, Any]) -> Iterator[bytes]:
        """Each call that a query finds, as one line of JSON, as it comes.

        Raises:
            RetryLaterError: on 408, 409, 425, 429 and 5xx, a lost connection, a time-out, and a stream that breaks off.
            ChatError: on any other status but 200.
        """
        headers = {"Content-Type": "application/json", "Accept": "application/jsonl"}
        if key := self._key.get_secret_value():
            headers["Authorization"] = f"Basic {base64.b64encode(f'api:{key}'.encode()).decode()}"
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            self._url, data=orjson.dumps(query), headers=headers, method="POST"
        )
        try:
            with urllib.request.build_opener(_NoRedirect).open(request, timeout=self._timeout_s) as reply:
                while line := reply.readline(_LONGEST_LINE):
                    if not line.endswith(b"\n") and len(line) == _LONGEST_LINE:
                        raise ChatError(f"{self.name} sent a call of more than {_LONGEST_LINE >> 20} MiB")
                    if not line.isspace():
                        yield line
        except urllib.error.HTTPError as error:
            with error:
                text = error.read(_LONGEST_REFUSAL).decode("utf-8", "replace")
            text = text.replace(key, "[key]") if key else text
            told = {name: error.headers[name] for name in _WHEN if name in error.headers}
            raise refused(self.name, error.code, text, told) from None
        except (OSError, http.client.HTTPException) as error:
            raise RetryLaterError(f"{self.name} cannot be reached ({type(error).__name__})") from error
