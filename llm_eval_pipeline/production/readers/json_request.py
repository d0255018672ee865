"""The nesting of an OTLP/JSON export: resources, in them scopes, in them spans.

A piece that is not shaped as it must be takes only itself out of the export.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from llm_eval_pipeline.production.spans import Scope


@dataclass(frozen=True, slots=True)
class _Piece:
    found: Any
    reason: str


def scopes(request: dict[str, Any]) -> Iterator[tuple[Scope | str, Any]]:
    """Each scope with its list of spans; for a piece that has none, the reason with the piece."""
    for resource in _pieces(request, "resourceSpans"):
        if isinstance(resource, _Piece):
            yield resource.reason, resource.found
            continue
        for group in _pieces(resource, "scopeSpans"):
            if isinstance(group, _Piece):
                yield group.reason, group.found
                continue
            spans = group.get("spans") or []
            if isinstance(spans, list):
                yield _scope(group), spans
            else:
                yield "spans must be a list", group


def _pieces(found: dict[str, Any], key: str) -> Iterator[dict[str, Any] | _Piece]:
    pieces = found.get(key) or []
    if not isinstance(pieces, list):
        yield _Piece(found, f"{key} must be a list")
        return
    for piece in pieces:
        yield piece if isinstance(piece, dict) else _Piece(piece, f"{key} must hold objects")


def _scope(group: dict[str, Any]) -> Scope:
    scope = group.get("scope")
    scope = scope if isinstance(scope, dict) else {}
    texts = (scope.get("name"), scope.get("version"), group.get("schemaUrl"))
    return Scope(*(each if isinstance(each, str) else "" for each in texts))
