"""Runs of LangSmith's, made by hand after what its SDK wrote down of a LangChain chain and of traced functions."""

from __future__ import annotations

import uuid
from typing import Any

DAY = "2026-03-30"


def run_id(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def run(name: str, run_type: str, trace: str = "rag", /, *, parent: str | None = None, **more: Any) -> dict[str, Any]:
    """A run whose ids are made of the names; the root of a trace has the trace's name."""
    return {
        "id": run_id(name if name == trace else f"{trace}/{name}"),
        "name": name,
        "start_time": f"{DAY}T12:00:00.000000Z",
        "run_type": run_type,
        "end_time": f"{DAY}T12:00:01.500000Z",
        "extra": {"metadata": {}},
        "error": None,
        "inputs": {},
        "outputs": {},
        "parent_run_id": None if parent is None else run_id(parent if parent == trace else f"{trace}/{parent}"),
        "tags": [],
        "session_id": run_id("project"),
        "feedback_stats": None,
        "status": "success",
        "trace_id": run_id(trace),
        **more,
    }


def message(kind: str, content: str, **more: Any) -> dict[str, Any]:
    """A message as LangChain serialises it."""
    path = ["langchain", "schema", "messages", f"{kind}Message"]
    return {"lc": 1, "type": "constructor", "id": path, "kwargs": {"content": content, **more}}


def chat(trace: str = "rag", **more: Any) -> dict[str, Any]:
    """A call of a chat model: 120 tokens in, 100 of which were cached; 9 out, 4 of which were reasoning."""
    usage = {
        "input_tokens": 120,
        "output_tokens": 9,
        "total_tokens": 129,
        "input_token_details": {"cache_read": 100},
        "output_token_details": {"reasoning": 4},
    }
    told = {"model_name": "gpt-4o-2024-08-06", "finish_reason": "stop"}
    answered = message("AI", "Two years.", response_metadata=told, usage_metadata=usage)
    asked = [message("System", "Use the manual."), message("Human", "How long is the warranty?")]
    given = {
        "parent": trace,
        "inputs": {"messages": [asked]},
        "outputs": {
            "generations": [
                [{"text": "Two years.", "generation_info": {"finish_reason": "stop"}, "message": answered}]
            ],
            "llm_output": {"model_name": "gpt-4o-2024-08-06"},
        },
        "extra": {"invocation_params": {"model_name": "gpt-4o"}, "metadata": {"ls_model_name": "gpt-4o"}},
        "first_token_time": f"{DAY}T12:00:00.250000Z",
    }
    return run("ChatOpenAI", "llm", trace, **given | more)


def retrieval(trace: str = "rag") -> dict[str, Any]:
    document = {"page_content": "Warranty lasts two years.", "type": "Document", "metadata": {"title": "Warranty"}}
    return run("Retriever", "retriever", trace, parent=trace, outputs={"documents": [document]})


def root(trace: str = "rag", **more: Any) -> dict[str, Any]:
    metadata = {"llm_eval.feature": "search", "user_id": "u-1", "thread_id": "t-1", "lc_hub_repo": "qa"}
    given = {
        "inputs": {"input": "How long is the warranty?"},
        "outputs": {"output": "Two years."},
        "extra": {"metadata": metadata | {"lc_hub_commit_hash": "abcdef12"}},
        "feedback_stats": {"user_score": {"n": 2, "avg": 0.5, "values": {}}, "correctness": {"n": 1, "avg": 1.0}},
    }
    return run(trace, "chain", trace, **given | more)


def chain(trace: str = "rag") -> list[dict[str, Any]]:
    return [root(trace), retrieval(trace), chat(trace)]
