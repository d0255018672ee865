"""Spans as OTLP/JSON, made by hand for the tests."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson

from llm_eval_pipeline.costs.usage import BilledTokens

DAY = "2026-03-30"


def hex_id(name: str, digits: int) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:digits]


def any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": value}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(each) for each in value]}}
    return {"stringValue": value}


def attributes(values: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def nanoseconds(at: str) -> int:
    return int(datetime.fromisoformat(f"{at}+00:00").timestamp()) * 1_000_000_000


def span(
    trace: str, name: str, *, at: str = f"{DAY}T12:00:00", ms: float = 100, parent: str | None = None, **more: Any
) -> dict[str, Any]:
    """A span whose ids are made of the names; ``more`` are attributes, with ``__`` for a dot."""
    start = nanoseconds(at)
    made = {
        "traceId": hex_id(trace, 32),
        "spanId": hex_id(f"{trace}/{name}", 16),
        "name": name,
        "startTimeUnixNano": str(start),
        "endTimeUnixNano": str(start + int(ms * 1_000_000)),
        "attributes": attributes({key.replace("__", "."): value for key, value in more.items()}),
    }
    if parent:
        made["parentSpanId"] = hex_id(f"{trace}/{parent}", 16)
    return made


def trace(
    name: str,
    *,
    at: str = f"{DAY}T12:00:00",
    ms: float = 100,
    model: str = "m-1",
    feature: str = "search",
    tokens: int = 10,
    **root: Any,
) -> list[dict[str, Any]]:
    """A request: its root with feature, question and answer, and the model call below it."""
    said = {"gen_ai__input__messages": message("user", f"What is {name}?"), "llm_eval__feature": feature}
    said["gen_ai__output__messages"] = message("assistant", f"It is {name}.")
    return [
        span(name, "pipeline", at=at, ms=ms, gen_ai__operation__name="invoke_agent", **said, **root),
        span(
            name,
            "chat",
            at=at,
            ms=ms,
            parent="pipeline",
            gen_ai__operation__name="chat",
            gen_ai__request__model=model,
            gen_ai__response__model=model,
            gen_ai__usage__input_tokens=tokens,
            gen_ai__usage__output_tokens=5,
        ),
    ]


def message(role: str, content: str) -> str:
    return orjson.dumps([{"role": role, "parts": [{"type": "text", "content": content}]}]).decode()


def request(spans: Sequence[Any]) -> dict[str, Any]:
    scope = {"scope": {"name": "app"}, "schemaUrl": "https://opentelemetry.io/schemas/1.37.0", "spans": list(spans)}
    return {"resourceSpans": [{"resource": {}, "scopeSpans": [scope]}]}


def lines(*requests: Any) -> bytes:
    """One line per list of spans; bytes stand as they are."""
    return b"\n".join(each if isinstance(each, bytes) else orjson.dumps(request(each)) for each in requests) + b"\n"


def lay(folder: Path, name: str, *requests: Any) -> Path:
    """A file of the landing folder, packed when its name ends in ``.gz``."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    data = lines(*requests)
    path.write_bytes(gzip.compress(data, mtime=0) if name.endswith(".gz") else data)
    return path


def price(model: str, tokens: BilledTokens, at: datetime) -> Decimal:
    """One millionth of a dollar per token, and no price for models that begin with ``free``."""
    if model.startswith("free"):
        raise LookupError(model)
    return Decimal(tokens.input + tokens.cache_read + tokens.output) / 1_000_000
