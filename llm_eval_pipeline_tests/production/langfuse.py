"""Langfuse's observations and traces, made by hand after its API's definition and its exports' field reference."""

from __future__ import annotations

from typing import Any

DAY = "2026-03-30"
TRACE = "0af7651916cd43dd8448eb211c80319c"

_STORED = {"model": "provided_model_name"}


def observation(name: str, kind: str, /, *, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """An observation as the API answers it; ids are OpenTelemetry's, as the SDK makes them."""
    return {
        "id": span_id(name),
        "traceId": TRACE,
        "type": kind,
        "name": name,
        "startTime": f"{DAY}T12:00:00.000Z",
        "endTime": f"{DAY}T12:00:01.500Z",
        "parentObservationId": span_id(parent) if parent else None,
        "level": "DEFAULT",
        "statusMessage": None,
        "metadata": {},
        **more,
    }


def span_id(name: str) -> str:
    return name.encode().hex().ljust(16, "0")[:16]


def generation(**more: Any) -> dict[str, Any]:
    """A call: 20 tokens in beside 100 from the cache, 5 out beside 4 of reasoning."""
    given = {
        "parent": "rag",
        "model": "gpt-4o",
        "completionStartTime": f"{DAY}T12:00:00.250Z",
        "input": [{"role": "system", "content": "Use the manual."}, {"role": "user", "content": "How long is it?"}],
        "output": {"role": "assistant", "content": "Two years."},
        "usageDetails": {
            "input": 20,
            "input_cached_tokens": 100,
            "output": 5,
            "output_reasoning_tokens": 4,
            "total": 129,
        },
        "promptName": "qa",
        "promptVersion": 3,
    }
    return observation("chat", "GENERATION", **given | more)


def retriever() -> dict[str, Any]:
    found = [{"page_content": "Warranty lasts two years.", "metadata": {"title": "Warranty"}}]
    return observation("search", "RETRIEVER", parent="rag", input="How long is it?", output=found)


def root(**more: Any) -> dict[str, Any]:
    given = {"input": "How long is it?", "output": "Two years.", "userId": "u-1", "sessionId": "s-1"}
    return observation("rag", "SPAN", **given | {"metadata": {"attributes": {"llm_eval.feature": "search"}}} | more)


def score(name: str, value: Any, **more: Any) -> dict[str, Any]:
    given = {"id": f"score-{name}", "traceId": TRACE, "name": name, "value": value, "source": "API"}
    return given | {"dataType": "NUMERIC", "timestamp": f"{DAY}T12:05:00.000Z"} | more


def trace(*observations: Any, **more: Any) -> dict[str, Any]:
    """A trace as ``GET /api/public/traces/{id}`` answers it."""
    return {
        "id": TRACE,
        "projectId": "p",
        "timestamp": f"{DAY}T12:00:00.000Z",
        "name": "rag",
        "userId": "u-1",
        "sessionId": "s-1",
        "release": "v2",
        "tags": ["feature:search"],
        "input": "How long is it?",
        "output": "Two years.",
        "metadata": None,
        "latency": 1.5,
        "observations": list(observations),
        "scores": [score("user-feedback", 1), score("user-feedback", 0), score("accuracy", 0.1, source="EVAL")],
        **more,
    }


def stored(found: dict[str, Any]) -> dict[str, Any]:
    """The observation as the blob storage export has it: names with ``_``, contents as text, times without a zone."""
    row = {
        _STORED.get(name, "".join(f"_{c.lower()}" if c.isupper() else c for c in name)): found[name] for name in found
    }
    for name in ("start_time", "end_time", "completion_start_time"):
        row[name] = row[name].replace("T", " ").replace("Z", "000") if row.get(name) else None
    return {"project_id": "p", "environment": "default"} | row
