"""The documents that the answerer knows, as sentences."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_SENTENCE_END = re.compile(r"(?<=[.!?])[\"”)]?\s+(?=[\"“(]?[A-Z0-9])")
_ABBREVIATION = re.compile(r"(?:\b(?:e\.g|i\.e|etc|vs|approx|No|Dr|Mr|Mrs|Ms|St|Inc|Ltd|[A-Z])\.)$")
_MARKUP = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+|\*\*|__|`")


class DocumentsError(ValueError):
    """There is nothing to answer from. The text names the folder and what it should hold."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence and where it stands: ``place`` counts from 0 within its document."""

    document: str
    title: str
    place: int
    text: str


def load_sentences(folder: Path) -> list[Sentence]:
    """Every sentence of every ``*.md`` file of a folder, in order of file name.

    Raises:
        DocumentsError: when the folder holds no document, or a document has no sentence.
    """
    files = sorted(folder.glob("*.md"))
    files = [file for file in files if file.name.lower() != "readme.md"]
    if not files:
        raise DocumentsError(f"no documents: {folder} holds no .md file; each is '# Title' and sentences below it")
    found: list[Sentence] = []
    for file in files:
        title, body = _parts(file.read_text(encoding="utf-8"), file.stem)
        texts = [text for paragraph in body for text in split_sentences(paragraph)]
        if not texts:
            raise DocumentsError(f"{file}: the document has no sentence; write some below its '# Title'")
        found += [Sentence(file.stem, title, place, text) for place, text in enumerate(texts)]
    return found


def split_sentences(text: str) -> list[str]:
    """The sentences of a text; a full stop after a known abbreviation or an initial ends none."""
    sentences: list[str] = []
    for line in text.split("\n"):
        pending = ""
        for piece in _SENTENCE_END.split(line.strip()):
            pending = f"{pending} {piece}".strip()
            if pending and not _ABBREVIATION.search(pending):
                sentences.append(pending)
                pending = ""
        if pending:
            sentences.append(pending)
    return sentences


def _parts(text: str, stem: str) -> tuple[str, list[str]]:
    """Title and paragraphs of a Markdown text; lines of one paragraph are joined, list items stand alone."""
    title, paragraphs, pending = "", [], list[str]()
    for line in text.splitlines():
        heading, item = line.lstrip().startswith("#"), bool(re.match(r"\s*(?:[-*+]|\d+\.)\s", line))
        if heading or item or not line.strip():
            paragraphs.append(" ".join(pending))
            pending = []
        if heading:
            title = title or line.strip().lstrip("#").strip()
        elif line.strip():
            pending.append(_MARKUP.sub("", line).strip())
    paragraphs.append(" ".join(pending))
    return title or stem.replace("-", " ").replace("_", " "), [p for p in paragraphs if p]
