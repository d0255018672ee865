"""A receiver or collector that speaks OTLP over HTTP."""

from __future__ import annotations

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from pydantic import SecretStr

DEFAULT = "http://127.0.0.1:4318/v1/traces"
_STANDARD = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_PATH = "/v1/traces"
_TRY_FOR_S = 30.0
"""So long one batch is tried, in seconds: a receiver that is started again costs no span."""


def otlp_exporter(address: str, token: SecretStr, headers: Mapping[str, str] | None = None) -> OTLPSpanExporter:
    """An exporter to an address.

    Args:
        address: the receiver's, with or without its path; empty: OpenTelemetry's own variables, or this machine's.
        token: sent as ``Authorization: Bearer …`` unless it is empty.
        headers: others.
    """
    told = dict(headers or {})
    if token.get_secret_value():
        told["Authorization"] = f"Bearer {token.get_secret_value()}"
    return OTLPSpanExporter(endpoint=_endpoint(address), headers=told or None, timeout=_TRY_FOR_S)


def _endpoint(address: str) -> str | None:
    """The whole address; None leaves it to the exporter, which reads OpenTelemetry's variables."""
    if not address:
        return None if any(os.environ.get(name) for name in _STANDARD) else DEFAULT
    return address if urlsplit(address).path.strip("/") else f"{address.rstrip('/')}{_PATH}"
