"""Figures in a Markdown file: each benchmark's stand between two marks, and a new run replaces them there."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from benchmarks.table import Row, markdown


def put(path: Path, name: str, where: str, rows: Sequence[Row]) -> None:
    """Replace what stands between the marks of a benchmark, or append both marks and what goes between them.

    Args:
        path: the file; it is made when it is not there.
        name: the benchmark's.
        where: the sentence that says when and on what was measured.
        rows: what was found so far.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    block = f"<!-- measured: {name} -->\n{where}.\n\n{markdown(rows)}<!-- end of {name} -->"
    marked = re.compile(rf"<!-- measured: {name} -->.*?<!-- end of {name} -->", re.DOTALL)
    text, replaced = marked.subn(lambda _: block, text)
    if not replaced:
        text = f"{text.rstrip()}\n\n{block}\n".lstrip()
    path.write_text(text, encoding="utf-8")
