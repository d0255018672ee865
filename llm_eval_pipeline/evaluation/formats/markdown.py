"""Markdown shapes: lists, checklists, headings, tables and code blocks, by their lines (CommonMark and GFM)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from llm_eval_pipeline.evaluation.formats.seam import Format, count, quoted

_ITEM = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+\S")
_TASK = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+\[[ xX]\][ \t]+\S")
_HEADING = re.compile(r" {0,3}(#{1,6})(?=[ \t]|$)")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*([^\s`]*)")
_DELIMITER = re.compile(r"[ \t]*:?-+:?[ \t]*")


class MarkdownList(Format):
    """A list and nothing else: its lines are all items or indented parts of one."""

    type: Literal["markdown_list"]

    def problem(self, output: str) -> str | None:
        """A line that is no item."""
        return _not_only(_ITEM, output, "list item")


class MarkdownChecklist(Format):
    """A list of tasks and nothing else: ``- [ ] open`` and ``- [x] done``."""

    type: Literal["markdown_checklist"]

    def problem(self, output: str) -> str | None:
        """A line that is no task."""
        return _not_only(_TASK, output, "task of a checklist")


class MarkdownHeadings(Format):
    """At least ``min`` headings (``# …``), of one level if it is given, with every title that is given."""

    type: Literal["markdown_headings"]
    min: int = Field(1, ge=1)
    level: int | None = Field(None, ge=1, le=6)
    titles: tuple[str, ...] = ()

    def problem(self, output: str) -> str | None:
        """Too few headings, or a title is missing."""
        found = [
            line[heading.end() :].strip().rstrip("#").strip()
            for line in _outside_code(output)
            if (heading := _HEADING.match(line)) and self.level in (None, len(heading[1]))
        ]
        of_level = f" of level {self.level}" if self.level else ""
        if len(found) < self.min:
            return f"{count(len(found), 'heading')}{of_level}, at least {self.min}"
        missing = [title for title in self.titles if title.casefold() not in {one.casefold() for one in found}]
        return f"no heading{of_level} {', '.join(map(quoted, missing))}" if missing else None


class MarkdownTable(Format):
    """A table somewhere in the output: ``columns`` columns if given, and ``min_rows`` rows or more below its head."""

    type: Literal["markdown_table"]
    columns: int | None = Field(None, ge=1)
    min_rows: int = Field(1, ge=0)

    def problem(self, output: str) -> str | None:
        """No table, or none with so many columns and rows."""
        tables = list(_tables(output))
        if not tables:
            return "no table"
        fitting = [(columns, rows) for columns, rows in tables if self.columns in (None, columns)]
        if not fitting:
            return f"a table of {count(tables[0][0], 'column')}, not {self.columns}"
        rows = max(rows for _, rows in fitting)
        return None if rows >= self.min_rows else f"a table of {count(rows, 'row')}, at least {self.min_rows}"


class CodeBlock(Format):
    """A closed code block somewhere in the output, of one language if given; with ``only``, nothing around it."""

    type: Literal["code_block"]
    language: str | None = Field(None, min_length=1)
    only: bool = False

    def problem(self, output: str) -> str | None:
        """No such block, one that is not closed, or text around it."""
        lines, languages = output.splitlines(), list[str]()
        inside, is_around = "", False
        for line in lines:
            fence = _FENCE.match(line)
            if inside:
                if fence and fence[1].startswith(inside) and line.strip() == fence[1]:
                    inside = ""
            elif fence:
                inside = fence[1]
                languages.append(fence[2].lower())
            else:
                is_around = is_around or bool(line.strip())
        if not languages:
            return "no code block"
        if inside:
            return "a code block is not closed"
        if self.language is not None and self.language.lower() not in languages:
            return f"a code block of {quoted(languages[0]) if languages[0] else 'no language'}, not {self.language}"
        if self.only and len(languages) > 1:
            return f"{len(languages)} code blocks, not one"
        return "something stands around the code block" if self.only and is_around else None


def _not_only(wanted: re.Pattern[str], output: str, name: str) -> str | None:
    lines = [line for line in output.splitlines() if line.strip()]
    if not lines:
        return "it is empty"
    strange = (
        line
        for place, line in enumerate(lines)
        if not wanted.match(line) and not (place and line.startswith(("  ", "\t")))
    )
    other = next(strange, None)
    return None if other is None else f"{quoted(other)} is no {name}"


def _outside_code(output: str) -> Iterator[str]:
    """The lines that are not in a code block."""
    inside = ""
    for line in output.splitlines():
        fence = _FENCE.match(line)
        if inside:
            inside = "" if fence and fence[1].startswith(inside) else inside
        elif fence:
            inside = fence[1]
        else:
            yield line


def _tables(output: str) -> Iterator[tuple[int, int]]:
    """Columns and rows below the head of each table (GFM: a line of dashes under a head with as many cells)."""
    head, columns, rows = 0, 0, 0
    for line in [*_outside_code(output), ""]:
        cells = _cells(line)
        if columns and cells:
            rows += 1
        elif columns:
            yield columns, rows
            columns, rows = 0, 0
        elif cells and head == len(cells) and all(_DELIMITER.fullmatch(cell) for cell in cells):
            columns = head
        head = len(cells)


def _cells(line: str) -> list[str]:
    """The cells of a table's line; none where no bar divides it."""
    row = line.strip().replace(r"\|", "")
    return row.removeprefix("|").removesuffix("|").split("|") if "|" in row else []
