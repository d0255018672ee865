"""One POST of one JSON document, and what went wrong with it in words that hold no secret."""

from __future__ import annotations

import http.client
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

import orjson

from llm_eval_pipeline.alerts.channels.seam import ChannelError

TIMEOUT_S = 15


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A POST that is redirected becomes a GET without its message, whose 200 would count as taken."""

    def redirect_request(self, *_: Any) -> None:
        """Follow nothing, so that the redirect is the answer."""


def post_json(url: str, body: dict[str, Any]) -> None:
    """Send ``body`` to ``url``.

    Raises:
        ChannelError: when the receiver cannot be reached or answers anything but 2xx. The text names the host alone,
            since the path of a webhook is its secret.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise ChannelError("the webhook's address is no URL") from None
    if parts.scheme not in ("http", "https"):
        raise ChannelError("the webhook's address must begin with http:// or https://")
    host = parts.hostname
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=orjson.dumps(body), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        error.close()
        raise ChannelError(f"{host} answered {error.code}") from None
    except (OSError, ValueError, http.client.HTTPException) as error:
        raise ChannelError(f"{host} cannot be reached: {type(error).__name__}") from None
