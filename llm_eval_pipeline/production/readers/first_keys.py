"""The names at the beginning of a JSON file, by which exports of different tools are told apart.

Names that only occur within texts or nested objects do not count.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

PAGES = ("runs", "items", "data")
"""Under these names an API's answer holds its list: LangSmith's, and Langfuse's the last."""

_TOKEN = re.compile(rb'"((?:[^"\\\n]|\\.)*)"(\s*:)?|[\[\]{}"]')
_BEGINS = re.compile(rb"^[ \t\r]*[\[{]", re.MULTILINE)
_LINES = 5


def first_keys(beginning: bytes) -> Iterator[frozenset[str]]:
    """The names of the first object after each of the first lines' beginnings, so that a broken line hides no other.

    Names of a page's first record are among those of the page.
    """
    for count, match in enumerate(_BEGINS.finditer(beginning)):
        if count == _LINES:
            return
        yield _names(beginning, match.start())


def _names(data: bytes, start: int) -> frozenset[str]:
    names: dict[int, set[str]] = {}
    depth, outermost = 0, 0
    for match in _TOKEN.finditer(data, start):
        token = match[0]
        if token == b'"':  # a text that does not end: the beginning ends here, or the line is broken
            break
        if token in (b"{", b"["):
            depth += 1
            outermost = outermost or (depth if token == b"{" else 0)
        elif token in (b"}", b"]"):
            depth -= 1
            if depth < outermost:
                break
        elif match[2] is not None:
            names.setdefault(depth, set()).add(match[1].decode(errors="replace"))
    first = names.get(outermost, set())
    of_page = names.get(outermost + 2, set()) if first.intersection(PAGES) and "info" not in first else set()
    return frozenset(first | of_page)
