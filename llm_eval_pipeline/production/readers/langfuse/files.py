"""Which files are Langfuse's, and which of them hold no spans.

https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields — the export lays observations,
scores, traces and manifests in folders of these names.
"""

from __future__ import annotations

from llm_eval_pipeline.production.readers.first_keys import first_keys
from llm_eval_pipeline.production.readers.json_lines import JSON_NAMES
from llm_eval_pipeline.production.readers.unpacking import inner_name

_OBSERVATIONS = {"observations", "observations_v2"}
_BESIDE = {"scores", "traces", "manifests"}
_TRACE = {"id", "traceId", "trace_id"}
_OF_OBSERVATION = {"type", "startTime", "start_time", "parentObservationId", "parent_observation_id"}
_OF_TRACE = {"userId", "sessionId", "htmlPath", "observations", "release", "bookmarked", "projectId", "latency"}


def in_langfuse_folder(name: str) -> bool:
    """Whether a file lies in one of the folders of the blob storage export."""
    return bool(_folders(name) & (_OBSERVATIONS | _BESIDE))


def holds_observations(name: str) -> bool:
    """Whether a file lies in a folder of observations."""
    return bool(_folders(name) & _OBSERVATIONS)


def is_langfuse(names: frozenset[str]) -> bool:
    """Whether an object of these names is an observation or a trace."""
    if names & {"resourceSpans", "run_type"}:
        return False
    return bool(names & {"traceId", "trace_id"} and names & _OF_OBSERVATION) or (
        {"id", "timestamp"} <= names and bool(names & _OF_TRACE)
    )


def is_beside_spans(name: str, beginning: bytes) -> bool:
    """Whether a JSON file holds what Langfuse exports beside spans: scores, manifests, traces without a duration.

    An observation has no ``timestamp``; a score has one and a trace's id; a trace of the blob storage export has names
    with ``_``.
    """
    if not inner_name(name).endswith(JSON_NAMES):
        return False
    if "manifests" in _folders(name):
        return True
    names = next(first_keys(beginning), frozenset[str]())
    is_score = bool(names & {"traceId", "trace_id"} and names & {"dataType", "data_type", "value", "source"})
    return "timestamp" in names and (is_score or "project_id" in names)


def _folders(name: str) -> set[str]:
    return set(name.split("/")[:-1])
