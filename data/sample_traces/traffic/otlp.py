"""Spans as OTLP/JSON writes them (opentelemetry-proto): hex ids, nanoseconds as text, typed attributes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

SCHEMA_URL = "https://opentelemetry.io/schemas/1.38.0"
INTERNAL, SERVER, CLIENT = 1, 2, 3
OK, ERROR = 1, 2
_RESOURCE = {
    "service.name": "larkspur-assistant",
    "service.version": "1.4.0",
    "deployment.environment.name": "production",
    "telemetry.sdk.language": "python",
    "telemetry.sdk.name": "opentelemetry",
}

SpanJson = dict[str, Any]


def attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Attributes as a list of keys and typed values; what is None is left out."""
    return [{"key": key, "value": _value(value)} for key, value in values.items() if value is not None]


def messages(role: str, content: str, finish_reason: str | None = None) -> str:
    """One message in the form of the GenAI conventions, as JSON text."""
    message: dict[str, Any] = {"role": role, "parts": [{"type": "text", "content": content}]}
    if finish_reason is not None:
        message["finish_reason"] = finish_reason
    return compact([message])


def batch(spans: Sequence[SpanJson]) -> str:
    """One line: a request of an exporter with these spans."""
    scope = {"name": "larkspur.assistant", "version": "1.4.0"}
    scope_spans = {"scope": scope, "spans": list(spans), "schemaUrl": SCHEMA_URL}
    return compact(
        {"resourceSpans": [{"resource": {"attributes": attributes(_RESOURCE)}, "scopeSpans": [scope_spans]}]}
    )


def compact(value: Any) -> str:
    """JSON without spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [_value(item) for item in value]}}
    return {"stringValue": str(value)}
