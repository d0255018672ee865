"""Calls of Weave's as its trace server writes them, made by hand for the tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

START = datetime(2026, 3, 30, 12, tzinfo=UTC)


def uuid(name: str) -> str:
    return str(uuid5(NAMESPACE_URL, name))


def call(
    name: str, *, parent: str | None = None, at: datetime = START, ms: int = 250, **changes: Any
) -> dict[str, Any]:
    """A call of an op of that name; without changes it has nothing in it and went well."""
    return {
        "id": uuid(name),
        "project_id": "team/app",
        "op_name": f"weave:///team/app/op/{name}:aBc123",
        "display_name": None,
        "trace_id": uuid("trace"),
        "parent_id": uuid(parent) if parent else None,
        "thread_id": None,
        "turn_id": None,
        "started_at": at.isoformat().replace("+00:00", "Z"),
        "attributes": {"weave": {"client_version": "0.54.0", "source": "python-sdk"}},
        "inputs": {},
        "ended_at": (at + timedelta(milliseconds=ms)).isoformat().replace("+00:00", "Z"),
        "exception": None,
        "output": None,
        "summary": {"status_counts": {"success": 1, "error": 0}, "weave": {"status": "success", "latency_ms": ms}},
        "wb_user_id": "VXNlcjox",
        "wb_run_id": None,
        "deleted_at": None,
    } | changes


def summary(usage: dict[str, Any] | None = None, *, calls: int = 1, feedback: Any = None) -> dict[str, Any]:
    """A summary over so many calls, the call's own included."""
    return {
        **({"usage": usage} if usage else {}),
        "status_counts": {"success": calls, "error": 0},
        "weave": {"status": "success", **({"feedback": feedback} if feedback else {})},
    }


OPENAI_USAGE = {
    "requests": 1,
    "prompt_tokens": 1000,
    "completion_tokens": 50,
    "total_tokens": 1050,
    "prompt_tokens_details": {"cached_tokens": 600},
    "completion_tokens_details": {"reasoning_tokens": 20},
    "cache_read_input_tokens": 600,
}


def openai_chat(parent: str = "answer", **changes: Any) -> dict[str, Any]:
    """What ``client.chat.completions.create`` leaves."""
    usage = {name: value for name, value in OPENAI_USAGE.items() if name not in ("requests", "cache_read_input_tokens")}
    return (
        call(
            "openai.chat.completions.create",
            parent=parent,
            attributes={"weave": {"kind": "llm"}},
            inputs={
                "self": "weave:///team/app/object/Completions:x",
                "model": "gpt-4o",
                "messages": [
                    {"role": "system", "content": "Be short."},
                    {"role": "user", "content": "How long is the warranty?"},
                ],
            },
            output={
                "id": "chatcmpl-1",
                "object": "chat.completion",
                "model": "gpt-4o-2024-08-06",
                "choices": [
                    {"index": 0, "message": {"role": "assistant", "content": "Two years."}, "finish_reason": "stop"}
                ],
                "usage": usage,
            },
            summary=summary({"gpt-4o-2024-08-06": OPENAI_USAGE}),
        )
        | changes
    )


def root(**changes: Any) -> dict[str, Any]:
    """The op that answered, whose summary repeats the usage of the call below it."""
    return (
        call(
            "answer",
            attributes={"weave": {}, "feature": "warranty"},
            inputs={"self": "weave:///team/app/object/App:x", "user_says": "How long is the warranty?"},
            output="Two years.",
            summary=summary({"gpt-4o-2024-08-06": OPENAI_USAGE}, calls=2),
            thread_id="thread-7",
            ms=400,
        )
        | changes
    )
