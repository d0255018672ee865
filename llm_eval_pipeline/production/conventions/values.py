"""Attribute values as the types that a row needs; what does not fit is a reason for the quarantine, never a zero."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import orjson

from llm_eval_pipeline.production.spans import BadSpanError

_LARGEST = 10**9
_INDEXED = re.compile(r"(\d{1,6})\.(.+)")
Attributes = Mapping[str, Any]


def text(attributes: Attributes, *names: str) -> str | None:
    """The first attribute that is there and not empty, as text."""
    for name in names:
        value = attributes.get(name)
        if isinstance(value, str) and value:
            return value
        if isinstance(value, bool | int | float):
            return str(value)
    return None


def count(attributes: Attributes, *names: str) -> int | None:
    """The first attribute that is there, as a whole number from 0 to a thousand million."""
    for name in names:
        value = attributes.get(name)
        if value is None or value == "":
            continue
        if isinstance(value, str) and value.isascii() and value.removeprefix("-").isdigit():
            value = int(value[:20])
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LARGEST:
            raise BadSpanError(f"{name} must be a whole number from 0 to {_LARGEST}, got {ascii(value)[:60]}")
        return value
    return None


def number(attributes: Attributes, *names: str) -> float | None:
    """The first attribute that is there, as a finite number."""
    for name in names:
        value = attributes.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise BadSpanError(f"{name} must be a finite number, got {ascii(value)[:60]}")
        return float(value)
    return None


def parsed(value: Any) -> Any:
    """What a text holds as JSON; anything else, and text that is no JSON, is returned as it is."""
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def object_of(value: Any) -> dict[str, Any]:
    """An object, which may be written as JSON text; empty for anything else."""
    found = parsed(value)
    return found if isinstance(found, dict) else {}


def indexed(attributes: Attributes, prefix: str) -> list[dict[str, Any]]:
    """Flattened lists, as in ``<prefix>.0.message.role``: for each index its remaining names and values."""
    found: dict[int, dict[str, Any]] = {}
    for name, value in attributes.items():
        if name.startswith(prefix) and (match := _INDEXED.fullmatch(name, len(prefix) + 1)):
            found.setdefault(int(match[1]), {})[match[2]] = value
    return [found[index] for index in sorted(found)]
