"""Retrieved documents, as frameworks write them: LangChain's, LlamaIndex's nodes, texts alone."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.seam import Document
from llm_eval_pipeline.production.conventions.values import object_of, parsed, text

_LISTS = ("documents", "output", "nodes", "results")


def documents(returned: Any) -> tuple[Document, ...] | None:
    """The documents in what a retriever returned: a list, or an object that holds one; None for anything else."""
    found = parsed(returned)
    if isinstance(found, dict):
        found = next((each for name in _LISTS if isinstance(each := parsed(found.get(name)), list)), None)
    if not isinstance(found, list):
        return None
    return tuple(_document(each) for each in map(parsed, found) if isinstance(each, dict | str))


def _document(found: dict[str, Any] | str) -> Document:
    if isinstance(found, str):
        return Document(None, found)
    told = next((each for name in ("kwargs", "node") if isinstance(each := found.get(name), dict)), found)
    noted = object_of(told.get("metadata"))
    title = text(told, "title") or text(noted, "title", "doc_uri", "source") or text(told, "source", "id", "id_")
    names = ("page_content", "content", "text")
    return Document(title or text(noted, "id"), text(told, *names) or text(noted, *names))
