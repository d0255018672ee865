"""Spans out of parsed requests, each with its line, part and scope: resources, in them scopes, in them spans."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from llm_eval_pipeline.production.bulk.checks import Mask, mask
from llm_eval_pipeline.production.conventions.emitters import CACHED_APART

_APART = pa.array(sorted(CACHED_APART))
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """Spans, one after the other.

    ``lines`` and ``parts`` say where each stood: the place of its line among those that were parsed, and its place in
    the line. ``versions`` is that of the conventions, as its scope names them. A line that is in ``odd_lines`` holds
    something else than spans somewhere, or counts tokens in a way of its own, and must be read otherwise.
    """

    spans: pa.StructArray
    lines: Places
    parts: Places
    versions: pa.StringArray
    odd_lines: Mask


def nested(requests: pa.ListArray) -> Nested:
    """The spans of requests, see ``shapes.parsed``."""
    odd = mask(requests.is_null())
    resources, line_of = _inner(requests, np.arange(len(requests)))
    odd[line_of[mask(resources.is_null())]] = True
    scopes, line_of = _inner(resources.field("scopeSpans"), line_of)
    odd[line_of[mask(scopes.is_null())]] = True
    names = scopes.field("scope").field("name")
    odd[line_of[mask(pc.is_in(names, _APART))]] = True
    groups = scopes.field("spans")
    spans, lines = _inner(groups, line_of)
    version = pc.replace_substring_regex(pc.fill_null(scopes.field("schemaUrl"), ""), "(?s)^.*/", "")
    _, scope_of = _inner(groups, np.arange(len(groups)))
    first = np.searchsorted(lines, np.arange(len(requests)))
    return Nested(
        spans=spans,
        lines=lines,
        parts=np.arange(len(lines)) - first[lines],
        versions=version.take(pa.array(scope_of)),
        odd_lines=odd,
    )


def _inner(lists: pa.ListArray, of: Places) -> tuple[pa.StructArray, Places]:
    """What is in the lists, and to whom each belongs who had the list."""
    return lists.flatten(), of[pc.list_parent_indices(lists).to_numpy()]
