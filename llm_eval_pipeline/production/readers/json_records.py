"""Records in exports as JSON: one per line, a list of them, or a page of a list as an API answers it.

Not here: which tool's they are, and what a record says.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from llm_eval_pipeline.production.readers.first_keys import PAGES
from llm_eval_pipeline.production.readers.json_lines import documents, unreadable
from llm_eval_pipeline.production.readers.lines import Line
from llm_eval_pipeline.production.readers.seam import Unreadable
from llm_eval_pipeline.production.spans import BadSpanError


def listed_records(file: BinaryIO, name: str, max_line: int) -> Iterator[tuple[Line, list[Any]] | Unreadable]:
    """Each document's line with the records in it, and each line that is no JSON."""
    for line in documents(file, name, max_line):
        if isinstance(line, Unreadable):
            yield line
            continue
        try:
            found = _loaded(line.data)
        except orjson.JSONDecodeError as error:
            yield unreadable(line, f"no JSON: {error}")
            continue
        yield line, _listed(found)


def as_text(value: object, what: str) -> str | None:
    """A text as it is, anything else as JSON, and None for what is empty.

    Raises:
        BadSpanError: when it is nested deeper than can be written.
    """
    if value is None or value in ("", {}, []):
        return None
    if isinstance(value, str):
        return value
    try:
        return orjson.dumps(value).decode()
    except orjson.JSONEncodeError as error:
        raise BadSpanError(f"{what} cannot be written as JSON: {error}") from error


def _listed(found: Any) -> list[Any]:
    if isinstance(found, list):
        return found
    if isinstance(found, dict) and "id" not in found:
        page = next((found[name] for name in PAGES if isinstance(found.get(name), list)), None)
        if page is not None:
            return page
    return [found]


def _loaded(data: bytes) -> Any:
    """What a document holds. Python's ``json`` writes NaN and Infinity, which are no JSON: they are read as text."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        try:
            return orjson.loads(orjson.dumps(json.loads(data, parse_constant=str, parse_int=_integer)))
        except (ValueError, orjson.JSONEncodeError, RecursionError):
            raise error from None


def _integer(digits: str) -> int | float:
    """As ``orjson`` reads it: what has no room in 64 bits is a float."""
    return int(digits) if len(digits) < 19 else float(digits)
