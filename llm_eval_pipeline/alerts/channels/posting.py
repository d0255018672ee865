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


def post_json(url: str, body: dict[str, Any]) -> None:
    """Send ``body`` to ``url``.

    Raises:
        ChannelError: when the receiver cannot be reached or answers anything but 2xx. The text names the host alone,
            since the path of a webhook is its secret.
    """
    host = urlsplit(url).hostname
    if urlsplit(url).scheme not in ("http", "https"):
        raise ChannelError("the webhook's address must begin with http:// or https://")
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        url, data=orjson.dumps(body), headers={"Content-Type": "application/json"}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S):  # noqa: S310
            return
    except urllib.error.HTTPError as error:
        raise ChannelError(f"{host} answered {error.code}") from None
    except (OSError, http.client.HTTPException) as error:
        raise ChannelError(f"{host} cannot be reached: {type(error).__name__}") from None
