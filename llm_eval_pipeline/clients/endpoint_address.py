"""An endpoint's address: where to post, and a name for it that can be shown and stored."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


class EndpointError(ValueError):
    """An address or a key that cannot be used. The text says why, and shows neither."""


def address(base_url: str, version: str, path: str) -> tuple[str, str]:
    """Where to post, and a name for it that tells two endpoints apart and holds no secret.

    Args:
        base_url: of the API; its fragment is dropped, its query kept.
        version: what the base URL's path is to end with, such as ``/v1``; added where it does not.
        path: what follows.

    Raises:
        EndpointError: when the base URL is no HTTP URL.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise EndpointError("the endpoint's address is no URL") from None
    if parts.scheme.lower() not in ("http", "https") or not host:
        raise EndpointError("the endpoint's address must begin with http:// or https:// and name a host")
    base = parts.path.rstrip("/").removesuffix(version) + version
    name = f"{parts.netloc.rpartition('@')[2].lower()}{base}"
    return urlunsplit((parts.scheme, parts.netloc, f"{base}{path}", parts.query, "")), name
