"""A stream in parts: what is held in memory at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TypeVar

Item = TypeVar("Item")


def parts(items: Iterable[Item], size: int = 2048) -> Iterator[list[Item]]:
    """Items in lists of ``size``, the last one shorter."""
    rest = iter(items)
    while part := list(islice(rest, size)):
        yield part
