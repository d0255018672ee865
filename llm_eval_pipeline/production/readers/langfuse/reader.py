"""Exports of Langfuse: observations and traces as JSON, and the blob storage export's observations as Parquet.

A trace that holds its observations gives what it knows (user, session, feedback) to its only root, or is a span itself.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from llm_eval_pipeline.production.instants import instant_ns
from llm_eval_pipeline.production.readers.first_keys import first_keys
from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES, JsonPiece
from llm_eval_pipeline.production.readers.json_records import of_pages
from llm_eval_pipeline.production.readers.langfuse.context import field
from llm_eval_pipeline.production.readers.langfuse.files import holds_observations, is_langfuse
from llm_eval_pipeline.production.readers.langfuse.record import parent_of, span_of_observation, span_of_trace
from llm_eval_pipeline.production.readers.lines import MAX_LINE
from llm_eval_pipeline.production.readers.parquet_records import ParquetRow, rows
from llm_eval_pipeline.production.readers.seam import Record, Unreadable
from llm_eval_pipeline.production.readers.unpacking import inner_name
from llm_eval_pipeline.production.spans import BadSpanError, Span

_COLUMNS = (
    *("id", "trace_id", "parent_observation_id", "type", "name", "start_time", "end_time", "completion_start_time"),
    *("input", "output", "metadata", "level", "status_message", "provided_model_name", "usage_details"),
    *("prompt_name", "prompt_version", "user_id", "session_id", "tags"),
)
_NEEDED = ("id", "trace_id", "start_time", "end_time")


@dataclass(frozen=True, slots=True, kw_only=True)
class LangfuseJsonReader:
    """Reads JSON files whose first record is an observation or a trace: one per line, a list, or a page of the API."""

    name: str = "langfuse_json"
    source: str = "langfuse"
    max_line: int = MAX_LINE

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether a JSON file begins as an observation or a trace does."""
        return inner_name(name).endswith(JSON_NAMES) and any(map(is_langfuse, first_keys(beginning)))

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every observation of the file, every trace that is a span itself, and every line that is no JSON."""
        for page in of_pages(file, name, self.max_line):
            if isinstance(page, Unreadable):
                yield page
                continue
            line, found = page
            part = 0
            for each in found:
                for record in _records(each, line.number, part, line.data):
                    yield record
                    part += 1


@dataclass(frozen=True, slots=True, kw_only=True)
class LangfuseParquetReader:
    """Reads ``.parquet`` files in the blob storage export's folders of observations."""

    name: str = "langfuse_parquet"
    source: str = "langfuse"

    def accepts(self, name: str, beginning: bytes) -> bool:
        """Whether the file lies in such a folder."""
        return name.lower().endswith(".parquet") and holds_observations(name)

    def records(self, file: BinaryIO, name: str) -> Iterator[Record]:
        """Every observation of the file, and what is left behind damage."""
        for row in rows(file, _COLUMNS, _NEEDED, "observations of Langfuse's"):
            yield row if isinstance(row, Unreadable) else _ParquetObservation(row.line, row.found)


@dataclass(frozen=True, slots=True)
class _Observation(JsonPiece):
    """An observation; ``trace`` where it stands for the whole of it, ``parent`` where the trace is a span."""

    trace: Mapping[str, Any] | None = None
    parent: object = None

    def span(self) -> Span:
        return span_of_observation(self.found, self.trace, self.parent)


@dataclass(frozen=True, slots=True)
class _Trace(JsonPiece):
    """A trace that is a span itself."""

    bounds: tuple[int, int] | None = None

    def span(self) -> Span:
        return span_of_trace(self.found, self.bounds)


class _ParquetObservation(ParquetRow):
    __slots__ = ()

    def span(self) -> Span:
        return span_of_observation(self.found)


def _records(found: Any, line: int, part: int, whole: bytes) -> Iterator[_Observation | _Trace]:
    if not isinstance(found, dict) or "timestamp" not in found or field(found, "traceId", "trace_id") is not None:
        yield _Observation(line, part, found, whole)
        return
    listed = found.get("observations")
    observations = [each for each in listed if not isinstance(each, str)] if isinstance(listed, list) else []
    trace = {name: value for name, value in found.items() if name != "observations"}
    roots = _roots(observations)
    alone = roots[0] if len(roots) == 1 else None
    if alone is None:
        yield _Trace(line, part, trace, whole, _bounds(observations))
        part += 1
    for number, each in enumerate(observations, part):
        is_root = any(each is root for root in roots)
        parent = trace.get("id") if is_root and alone is None else None
        yield _Observation(line, number, each, whole, trace if each is alone else {"id": trace.get("id")}, parent)


def _roots(observations: list[Any]) -> list[Any]:
    return [each for each in observations if isinstance(each, dict) and parent_of(each) is None]


def _bounds(observations: list[Any]) -> tuple[int, int] | None:
    """When the first observation began and the last ended, of those that say both; None when none does."""
    known = [each for each in map(_began_and_ended, observations) if each]
    return (min(start for start, _ in known), max(end for _, end in known)) if known else None


def _began_and_ended(observation: Any) -> tuple[int, int] | None:
    if not isinstance(observation, dict):
        return None
    try:
        start = instant_ns(field(observation, "startTime", "start_time"), "startTime")
        return start, instant_ns(field(observation, "endTime", "end_time"), "endTime")
    except BadSpanError:
        return None
