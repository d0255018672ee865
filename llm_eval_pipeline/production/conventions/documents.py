"""Retrieved documents, as frameworks write them: LangChain's, LlamaIndex's nodes, texts alone."""

from __future__ import annotations

from typing import Any

from llm_eval_pipeline.production.conventions.seam import Document
from llm_eval_pipeline.production.conventions.values import parsed, text

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
    metadata = told.get("metadata")
    title = text(metadata, "title", "doc_uri", "source") if isinstance(metadata, dict) else None
    return Document(title or text(told, "id", "id_"), text(told, "page_content", "content", "text"))
