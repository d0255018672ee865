"""Exports of LangSmith: runs as JSON, as its SDK and its API write them, and the bulk export's Parquet.

https://docs.langchain.com/langsmith/export-traces, https://docs.langchain.com/langsmith/data-export
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from llm_eval_pipeline.production.readers.first_keys import first_keys
from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES, JsonPiece
from llm_eval_pipeline.production.readers.json_records import of_pages
from llm_eval_pipeline.production.readers.langfuse.files import in_langfuse_folder
from llm_eval_pipeline.production.readers.langsmith.run import FIELDS, span_of_run
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.parquet_records import ParquetRow, rows
from llm_eval_pipeline.production.readers.seam import Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name
from llm_eval_pipeline.production.spans import Span

_NEEDED = ("id", "start_time", "end_time")
_OF_RUN = {"run_type", "dotted_order", "parent_run_id", "child_run_ids", "execution_order", "reference_example_id"}


@dataclass(frozen=True, slots=True, kw_only=True)
class LangSmithJsonReader:
    """Reads JSON files whose first record is a run: one per line, a list, or a page; runs may hold their children."""

    name: str = "langsmith_json"
    source: str = "langsmith"
    max_line: int = MAX_LINE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether a JSON file begins as a run does."""
        return inner_name(name).endswith(JSON_NAMES) and any(map(_of_run, first_keys(beginning)))

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every run of the file, and every line that is no JSON."""
        for page in of_pages(file, name, self.max_line):
            if isinstance(page, Unreadable):
                yield page
                continue
            line, found = page
            for part, run in enumerate(_with_children(found)):
                yield _JsonRun(line.number, part, run, line.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class LangSmithParquetReader:
    """Reads ``.parquet`` files, in whichever folders the bulk export lays them."""

    name: str = "langsmith_parquet"
    source: str = "langsmith"

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether the name ends as such, and is not that of another tool's export."""
        return name.lower().endswith(".parquet") and not in_langfuse_folder(name)

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every run of the file, and what is left behind damage."""
        for row in rows(file, FIELDS, _NEEDED, "runs of LangSmith's"):
            yield row if isinstance(row, Unreadable) else _ParquetRun(row.line, row.found)


class _JsonRun(JsonPiece):
    __slots__ = ()

    def span(self) -> Span:
        return span_of_run(self.found)


class _ParquetRun(ParquetRow):
    __slots__ = ()

    def span(self) -> Span:
        return span_of_run(self.found)


def _of_run(names: frozenset[str]) -> bool:
    if names & {"resourceSpans", "traceId", "info"}:
        return False
    return bool(names & _OF_RUN or ("inputs" in names and names & {"id", "name"}))


def _with_children(found: list[Any]) -> Iterator[Any]:
    """The runs, each before the children that the SDK has loaded into it."""
    left = list(reversed(found))
    while left:
        run = left.pop()
        children = run.get("child_runs") if isinstance(run, dict) else None
        if isinstance(children, list):
            left += reversed(children)
            run = {name: value for name, value in run.items() if name != "child_runs"}
        yield run
