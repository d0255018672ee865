"""Records in files of JSON: one per line, a list of them, or a page of a list as an API answers it.

Not here: which tool's they are, and what a record says.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import orjson

from llm_eval_pipeline.production.readers.first_keys import PAGES
from llm_eval_pipeline.production.readers.json_lines import documents, unreadable
from llm_eval_pipeline.production.readers.seam import Line, Unreadable


def loaded(
    file: BinaryIO, name: str, max_line: int, load: Callable[[bytes], Any] = orjson.loads
) -> Iterator[tuple[Line, Any] | Unreadable]:
    """Each document's line with what it holds, and each line that is no JSON."""
    for line in documents(file, name, max_line):
        if isinstance(line, Unreadable):
            yield line
            continue
        try:
            found = load(line.data)
        except orjson.JSONDecodeError as error:
            yield unreadable(line, f"no JSON: {error}")
        else:
            yield line, found


def listed(found: Any) -> list[Any]:
    """The records of a document: those of a list, or itself."""
    return found if isinstance(found, list) else [found]


def of_pages(file: BinaryIO, name: str, max_line: int) -> Iterator[tuple[Line, list[Any]] | Unreadable]:
    """Each document's line with the records in it, which may be a page; NaN and Infinity are read as text."""
    for document in loaded(file, name, max_line, _with_nan):
        yield document if isinstance(document, Unreadable) else (document[0], _of_page(document[1]))


def _of_page(found: Any) -> list[Any]:
    is_page = isinstance(found, dict) and "id" not in found
    page = next((found[name] for name in PAGES if isinstance(found.get(name), list)), None) if is_page else None
    return listed(found) if page is None else page


def _with_nan(data: bytes) -> Any:
    """What a document holds. Python's ``json`` writes NaN and Infinity, which are no JSON."""
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
