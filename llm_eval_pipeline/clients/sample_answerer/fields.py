"""Which fields a prompt wants extracted: from a JSON schema, an example object, or a list of names."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_IDENTIFIER = r"[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*"
_LISTED = re.compile(
    r"\b(?:extract|keys?|fields?|properties|attributes)\b(?:\s+(?:named|called|the|these|keys?|fields?))*:?\s+(.+)",
    re.I | re.S,
)
_ENDS_LIST = re.compile(r"\s(?:from|as|in|of|into|out|for)\s.*|[.\n].*", re.S)
_QUOTED = re.compile(rf"[`\"'“]({_IDENTIFIER})[`\"'”]\s*(\([^)]*\))?")
_ITEM = re.compile(rf"^(?:the |a |an )?({_IDENTIFIER})\s*(?:\(([^)]*)\))?$")


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its key, its JSON type, the values it may have (empty: any), and the pattern its text must have."""

    key: str
    type: str = "string"
    options: tuple[str, ...] = ()
    pattern: str | None = None


def fields_of(instruction: str) -> list[Field]:
    """The fields that an instruction names, in its order; none where it names none."""
    if (described := _json_object(instruction)) is not None:
        properties = described.get("properties")
        properties = properties if isinstance(properties, dict) else described
        return [_from_schema(key, value) for key, value in properties.items()]
    if quoted := _QUOTED.findall(instruction):
        return _unique([Field(key, _type(key, hint)) for key, hint in quoted])
    listed = _LISTED.search(instruction)
    text = _ENDS_LIST.sub("", listed.group(1)) if listed else ""
    found = [match for item in re.split(r",\s*(?:and )?|\s+and\s+|;\s*", text) if (match := _ITEM.match(item.strip()))]
    return _unique([Field(match[1], _type(match[1], match[2] or "")) for match in found])


def _json_object(text: str) -> dict[str, Any] | None:
    start = text.find("{")
    if start < 0:
        return None
    try:
        value, _ = json.JSONDecoder().raw_decode(text[start:])
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) and value else None


def _from_schema(key: str, value: Any) -> Field:
    if not isinstance(value, dict):
        return Field(key, _type(key, str(value)))
    kinds = value.get("type", "string")
    kind = next((k for k in kinds if k != "null"), "string") if isinstance(kinds, list) else str(kinds)
    options, pattern = value.get("enum"), value.get("pattern")
    return Field(
        key,
        kind,
        tuple(str(option) for option in options) if isinstance(options, list) else (),
        pattern if isinstance(pattern, str) and _is_regular(pattern) else None,
    )


def _is_regular(pattern: str) -> bool:
    """Whether Python can read a schema's pattern; one that it cannot is not used."""
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True


def _type(key: str, hint: str) -> str:
    hint = hint.lower()
    for word, kind in (
        ("bool", "boolean"),
        ("true", "boolean"),
        ("int", "integer"),
        ("num", "number"),
        ("list", "array"),
    ):
        if word in hint:
            return kind
    if re.search(r"(?:^|_)(?:quantity|count|minutes|days|hours|years?|units|percent)(?:$|_)", key):
        return "integer"
    return "number" if re.search(r"(?:^|_)(?:price|amount|total|cost|temperature|kwh|usd)(?:$|_)", key) else "string"


def _unique(fields: list[Field]) -> list[Field]:
    return list({field.key: field for field in fields}.values())
