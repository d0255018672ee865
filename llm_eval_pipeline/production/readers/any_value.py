"""The JSON encoding of OTLP's attributes: lists of keys, each with an ``AnyValue``, as plain Python values.

All functions raise ``BadSpanError`` for what the encoding does not allow.
"""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.spans import BadSpanError

_DEEPEST = 32
_SCALARS = {"stringValue": str, "boolValue": bool, "bytesValue": str}


def attributes(found: object) -> dict[str, Any]:
    """A list of key and ``AnyValue`` as a mapping."""
    values = {}
    for pair in members(found, "attributes"):
        if not isinstance(pair, dict) or not isinstance(pair.get("key"), str):
            raise BadSpanError("an attribute must be an object with a key")
        values[pair["key"]] = _value(pair.get("value"), 0)
    return values


def _value(found: Any, depth: int) -> Any:
    """What an ``AnyValue`` holds."""
    if not found:
        return None
    if not isinstance(found, dict) or len(found) != 1 or depth > _DEEPEST:
        raise BadSpanError(f"an attribute's value must be one AnyValue, at most {_DEEPEST} deep")
    ((kind, value),) = found.items()
    if kind in _SCALARS and isinstance(value, _SCALARS[kind]):
        return value
    try:
        if kind == "intValue" and isinstance(value, int | str) and not isinstance(value, bool):
            return _int64(int(value))
        if kind == "doubleValue" and isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    except ValueError as error:
        raise BadSpanError(f"an attribute's {kind} is no number") from error
    if kind in ("arrayValue", "kvlistValue") and isinstance(value, dict):
        values = members(value.get("values"), kind)
        if kind == "arrayValue":
            return [_value(each, depth + 1) for each in values]
        return {str(pair.get("key")): _value(pair.get("value"), depth + 1) for pair in values if isinstance(pair, dict)}
    raise BadSpanError(f"an attribute's value is no AnyValue: {ascii(kind)[:60]}")


def _int64(number: int) -> int:
    if not -(2**63) <= number < 2**63:
        raise ValueError(number)
    return number


def members(found: object, what: str) -> list[Any]:
    """A list, empty when there is none."""
    if found is None:
        return []
    if not isinstance(found, list):
        raise BadSpanError(f"{what} must be a list")
    return found


def text(found: object) -> str:
    """A text, empty when there is none."""
    if found is None:
        return ""
    if not isinstance(found, str):
        raise BadSpanError(f"a name or message must be text, got {type(found).__name__}")
    return found
